import { z } from "zod";
import { COMMAND_PAYLOADS, CreateCommandInput } from "@/contract/command";
import { OutputSchema } from "@/contract/output-schema";
import { CreateRunInput } from "@/contract/run";
import { CreateSessionInput, ListSessionsInput, type SessionSummary } from "@/contract/session";
import { ConflictError, InvalidInputError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";
import { type Draft, draftIdOf, sendFirst, sendMessage } from "@/server/mcp/send";
import { brief, defineTool, rowLimit, type ToolAnswer, type ToolCall } from "@/server/mcp/tool";
import { faultFrom } from "@/server/rest";

const SENDS = ["runs.list", "runs.create", "commands.create"];
const text = COMMAND_PAYLOADS.turn.shape.text.describe(
  "What the agent is to do, in plain words, with all it has to know.",
);
const outputSchema = OutputSchema.optional().describe(
  "A JSON Schema of the type object, where the answer is to be data: the turn's last message is JSON that fits it, and wait_for_turn answers that as `output`. Models of some providers want every property required and no others allowed.",
);
const idempotencyKey = CreateCommandInput.shape.idempotencyKey.describe(
  "Your own key for this call: the same key with the same content again does nothing twice. Give one if you may retry.",
);

export const startSession = defineTool({
  name: "start_session",
  title: "Start a session",
  description:
    "Starts a new session with an agent and, where a text is given, sends it as the first message. Answers the sessionId, and with a text the commandId of the turn: give it to wait_for_turn.",
  nature: "adds",
  needs: ["sessions.create", ...SENDS],
  input: z.strictObject({
    backendProfile: CreateSessionInput.shape.backendProfile.describe(
      "Which agent: a profile that list_profiles names.",
    ),
    text: text.optional(),
    outputSchema,
    title: CreateSessionInput.shape.title.describe("A short name by which people find the session."),
    projectId: CreateSessionInput.shape.projectId,
    workspaceRef: CreateRunInput.shape.workspaceRef.describe("What lies in the workspace at first; empty unless told."),
    executionPolicy: CreateRunInput.shape.executionPolicy.describe(
      "What the agent may do; unless told it writes in its workspace alone, and asks before it does more.",
    ),
    idempotencyKey,
  }),
  async run({ api, ctx }, { text, outputSchema, idempotencyKey: key, workspaceRef, executionPolicy, ...input }) {
    if (text === undefined && outputSchema !== undefined) throw new InvalidInputError("outputSchema: goes with a text");
    const owner = [ctx.service?.actor.tenantId ?? null, input.projectId ?? null, key];
    const session = await api.sessions.create({
      ...input,
      ...(key === undefined ? {} : { sessionId: `ses_${payloadHash(owner).slice(0, 32)}` }),
      // Defaults of the session's runs, stored as the console does.
      metadata: { runDefaults: { executionPolicy, workspaceRef } },
    });
    const { sessionId } = session;
    if (text === undefined) return { sessionId, next: "send_message with this sessionId" };
    return sent(sessionId, await sendFirst(api, session, { text, key, ...(outputSchema ? { outputSchema } : {}) }));
  },
});

export const sendMessageTool = defineTool({
  name: "send_message",
  title: "Send a message",
  description:
    "Sends a session a further message. It waits until the turns before it have ended; with `steer` it reaches the agent in the middle of the turn that is under way. Answers the commandId for wait_for_turn: with `steer` that of the turn that was steered.",
  nature: "adds",
  needs: ["sessions.get", ...SENDS],
  input: z.strictObject({
    sessionId: ListSessionsInput.shape.sessionIds.unwrap().element,
    text,
    outputSchema,
    steer: z.boolean().default(false).describe("Add to the turn that is under way instead of asking for another."),
    idempotencyKey,
  }),
  async run(call, { sessionId, text, outputSchema, steer, idempotencyKey: key }) {
    if (steer && outputSchema !== undefined)
      throw new InvalidInputError("outputSchema: a steer is answered by its turn's; send the message without steer");
    const session = await call.api.sessions.get({ sessionId });
    if (steer) return steerTurn(call, session, { text, key });
    return sent(
      sessionId,
      await sendMessage(call.api, session, { text, key, ...(outputSchema ? { outputSchema } : {}) }),
    );
  },
});

async function steerTurn({ api }: ToolCall, session: SessionSummary, { text, key }: Draft): Promise<ToolAnswer> {
  const { sessionId, activeRunId, activeCommandId, lastRunId } = session;
  // A first try whose answer was lost is found even when its turn is over.
  const runId = activeRunId ?? (key === undefined ? null : lastRunId);
  if (runId === null) throw noTurn();
  const idempotencyKey = `mcp-steer-${draftIdOf(sessionId, key)}`;
  const steer = await api.commands
    .create({ runId, type: "steer", payload: { text }, idempotencyKey })
    .catch((error: unknown) => {
      throw faultFrom(error).reason === "already-terminal" ? noTurn() : error;
    });
  return {
    sessionId,
    runId,
    steerId: steer.id,
    ...brief({ commandId: activeCommandId }, ["commandId"]),
    next: "wait_for_turn with this commandId, the turn that was steered",
  };
}

function noTurn(): ConflictError {
  return new ConflictError("no-open-command", "no turn of this session is under way: send the message without steer");
}

function sent(sessionId: string, { runId, command }: { runId: string; command: { id: string } }): ToolAnswer {
  return { sessionId, runId, commandId: command.id, next: "wait_for_turn with this commandId" };
}

export const listSessions = defineTool({
  name: "list_sessions",
  title: "List sessions",
  description:
    "Lists sessions, what changed last first: what each is called, how it stands, and what was said in it last. The state `default` leaves out what was evicted long ago; `needs-me` are those that wait for a person.",
  nature: "reads",
  isForeign: true,
  needs: ["sessions.list", "sessions.digests"],
  input: ListSessionsInput.pick({
    state: true,
    search: true,
    backendProfile: true,
    hasFailure: true,
    cursor: true,
  }).extend({ limit: rowLimit }),
  async run({ api }, input) {
    const { items, cursor } = await api.sessions.list(input);
    const sessionIds = items.map(({ sessionId }) => sessionId);
    const digests = sessionIds.length === 0 ? [] : (await api.sessions.digests({ sessionIds })).items;
    const lastOf = new Map(digests.map(({ sessionId, lastEvent }) => [sessionId, lastEvent?.text]));
    const sessions = items.map((session) => ({ ...briefSession(session), last: lastOf.get(session.sessionId) }));
    return { sessions, cursor };
  },
});

function briefSession(session: SessionSummary): ToolAnswer {
  const { pendingApprovals } = session;
  return {
    ...brief(session, ["sessionId", "title", "backendProfile", "executionState", "terminalStatus", "failureKind"]),
    ...brief(session, ["activeRunId", "lastRunId", "lastActivityAt", "silentSince"]),
    ...(pendingApprovals > 0 ? { pendingApprovals } : {}),
  };
}
