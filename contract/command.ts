import { z } from "zod";
import { AttachmentIds } from "./attachment";
import { FailureKind } from "./errors";
import { IdempotencyKey, Int32, RecordId, requiredText, text } from "./ids";
import { jsonObject, PAYLOAD_MAX_BYTES } from "./json";
import { CommandOutput, OutputSchema, StoredOutput } from "./output-schema";
import { COMMANDS_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { TerminalStatus } from "./run";

export const COMMAND_TYPES = ["turn", "steer", "interrupt", "approve"] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];
export const COMMAND_STATES = ["pending", "acknowledged", "completed", "failed", "cancelled"] as const;
export type CommandState = (typeof COMMAND_STATES)[number];
export const OPEN_COMMAND_STATES = ["pending", "acknowledged"] as const;
export const APPROVAL_DECISIONS = ["accept", "acceptForSession", "decline"] as const;
export type ApprovalDecision = (typeof APPROVAL_DECISIONS)[number];

/** The payload that each type of command requires. Further keys are kept. */
export const COMMAND_PAYLOADS = {
  turn: z.looseObject({
    text: requiredText(1_048_576),
    outputSchema: OutputSchema.optional(),
    attachments: AttachmentIds.optional(),
  }),
  steer: z.looseObject({
    text: requiredText(1_048_576),
    outputSchema: z.undefined({ error: "a steer keeps its turn's schema, and has none of its own" }).optional(),
    attachments: AttachmentIds.optional(),
  }),
  interrupt: z.looseObject({}),
  approve: z.looseObject({
    approvalId: RecordId,
    decision: z.enum(APPROVAL_DECISIONS),
    reason: text(10_000).optional(),
  }),
} as const satisfies Record<CommandType, z.ZodType>;

export const CreateCommandInput = z
  .strictObject({
    runId: RecordId,
    type: z.enum(COMMAND_TYPES),
    payload: jsonObject(PAYLOAD_MAX_BYTES).meta({
      description:
        "what the type needs: a turn and a steer `text`, an approve `approvalId` and `decision`; a turn may have `outputSchema`, a JSON Schema that its answer is to fit",
    }),
    idempotencyKey: IdempotencyKey.optional(),
  })
  .superRefine((input, refinement) => {
    const parsed = COMMAND_PAYLOADS[input.type].safeParse(input.payload);
    for (const issue of parsed.error?.issues ?? []) {
      refinement.addIssue({ code: "custom", message: issue.message, path: ["payload", ...issue.path] });
    }
  });
export type CreateCommandInput = z.infer<typeof CreateCommandInput>;

export const GetCommandInput = z.strictObject({ commandId: RecordId });
export const ListCommandsInput = z.strictObject({
  runId: RecordId,
  afterSeq: Int32.default(0),
  limit: pageLimit(COMMANDS_LIMIT_MAX),
});
export type ListCommandsInput = z.infer<typeof ListCommandsInput>;
export const AckCommandInput = z.strictObject({ commandId: RecordId, leaseEpoch: Int32.optional() });
export type AckCommandInput = z.infer<typeof AckCommandInput>;
export const FinishCommandInput = z.strictObject({
  commandId: RecordId,
  leaseEpoch: Int32.optional(),
  terminalStatus: TerminalStatus,
  failureKind: FailureKind.optional(),
  failureMessage: text(1_048_576).optional(),
  threadId: requiredText(256).optional(),
  turnId: requiredText(256).optional(),
  /** For a completed turn that was given an `outputSchema`: the JSON that it answered. */
  output: CommandOutput.optional(),
});
export type FinishCommandInput = z.infer<typeof FinishCommandInput>;
export const CancelCommandInput = z.strictObject({ commandId: RecordId, reason: text(10_000).optional() });
export type CancelCommandInput = z.infer<typeof CancelCommandInput>;

export const Command = z.object({
  id: z.string(),
  runId: z.string(),
  seq: z.number(),
  type: z.string(),
  payload: z.record(z.string(), z.unknown()),
  payloadHash: z.string(),
  idempotencyKey: z.string().nullable(),
  state: z.enum(COMMAND_STATES),
  createdAt: z.string(),
  updatedAt: z.string(),
  acknowledgedAt: z.string().nullable(),
  cancelRequestedAt: z.string().nullable(),
  failureKind: z.string().nullable(),
  failureMessage: z.string().nullable(),
  /** The JSON that a turn with an `outputSchema` answered; null before the turn ends, and where there is none. */
  output: StoredOutput,
});
export type Command = z.infer<typeof Command>;
export const CommandPage = pageOf(Command);
