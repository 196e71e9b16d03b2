import type { Command } from "./command";
import { attachmentsIn } from "./image";
import { findSchemaFault } from "./json-schema";
import type { CreateRunInput, Run } from "./run";
import { isRecord } from "./schema-nodes";
import type { TurnInput } from "./send-turn";

/** The input for a run made like another one: with the same profile, policy, workspace and session. */
export function sameRun(run: Run): Omit<CreateRunInput, "idempotencyKey"> {
  const sessionId = run.sessionRef?.sessionId;
  return {
    tenantId: run.tenantId,
    projectId: run.projectId,
    providerId: run.providerId,
    backendProfile: run.backendProfile,
    // The stored value passed the same schema when it came in. An older release may have stored something else; the
    // server then says what is wrong.
    workspaceRef: run.workspaceRef as CreateRunInput["workspaceRef"],
    executionPolicy: run.executionPolicy as CreateRunInput["executionPolicy"],
    ...(run.resourceBundleRef === null
      ? {}
      : { resourceBundleRef: run.resourceBundleRef as CreateRunInput["resourceBundleRef"] }),
    ...(typeof sessionId === "string" ? { sessionRef: { sessionId } } : {}),
  };
}

/**
 * Returns what to ask again: the last turn that the run did not complete, else its last turn. Holds its text, images
 * and answer schema; the text is empty where the run was asked nothing.
 */
export function askToRepeat(commands: readonly Pick<Command, "type" | "state" | "payload">[]): TurnInput {
  const turns = commands.filter((command) => command.type === "turn");
  const { payload = {} } = turns.findLast((command) => command.state !== "completed") ?? turns.at(-1) ?? {};
  const { text, outputSchema } = payload;
  return {
    text: typeof text === "string" ? text : "",
    attachments: attachmentsIn(payload),
    // A release without output schemas accepted any value under this name, and its turns answered in words.
    ...(isAnswersSchema(outputSchema) ? { outputSchema } : {}),
  };
}

function isAnswersSchema(value: unknown): value is NonNullable<TurnInput["outputSchema"]> {
  return isRecord(value) && value.type === "object" && findSchemaFault(value) === null;
}
