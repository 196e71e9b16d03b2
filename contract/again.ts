import type { Command } from "./command";
import { attachmentsIn } from "./image";
import { faultIn } from "./json-schema";
import type { CreateRunInput, Run } from "./run";
import { isRecord } from "./schema-places";
import type { Ask } from "./send-turn";

/** A run as another one is made from it: the same profile, policy, workspace and session. */
export function sameRun(run: Run): Omit<CreateRunInput, "idempotencyKey"> {
  const sessionId = run.sessionRef?.sessionId;
  return {
    ...{
      tenantId: run.tenantId,
      projectId: run.projectId,
      providerId: run.providerId,
      backendProfile: run.backendProfile,
    },
    // What is stored came in by the same schema; of an older release it may not, and then the server says what is wrong.
    workspaceRef: run.workspaceRef as CreateRunInput["workspaceRef"],
    executionPolicy: run.executionPolicy as CreateRunInput["executionPolicy"],
    ...(run.resourceBundleRef === null
      ? {}
      : { resourceBundleRef: run.resourceBundleRef as CreateRunInput["resourceBundleRef"] }),
    ...(typeof sessionId === "string" ? { sessionRef: { sessionId } } : {}),
  };
}

/**
 * What was asked of a run last that it did not complete, else what was asked last: its text, its images, and its answer's
 * schema. No text where nothing was.
 */
export function askToRepeat(commands: readonly Pick<Command, "type" | "state" | "payload">[]): Ask {
  const turns = commands.filter((command) => command.type === "turn");
  const { payload = {} } = turns.findLast((command) => command.state !== "completed") ?? turns.at(-1) ?? {};
  const { text, outputSchema } = payload;
  return {
    text: typeof text === "string" ? text : "",
    attachments: attachmentsIn(payload),
    // A release that knew no schemas took anything by that name, and its turns answered in words.
    ...(isAnswersSchema(outputSchema) ? { outputSchema } : {}),
  };
}

function isAnswersSchema(value: unknown): value is NonNullable<Ask["outputSchema"]> {
  return isRecord(value) && value.type === "object" && faultIn(value) === null;
}
