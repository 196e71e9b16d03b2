import { isTrackedEnvelope } from "@trpc/server";
import { z } from "zod";
import type { ApprovalSummary } from "@/contract/approval";
import { type Command, GetCommandInput } from "@/contract/command";
import type { RunEvent } from "@/contract/event";
import { CancelRunInput, type Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { ConflictError } from "@/server/errors";
import { briefApproval } from "@/server/mcp/brief-approval";
import { brief, cut, defineTool, outputIn, type ToolAnswer, type ToolCall } from "@/server/mcp/tool";
import { textIn } from "@/server/mcp/transcript";
import { WaitSeconds, waitUntil } from "@/server/mcp/wait";
import { mayCall } from "@/server/rest";

const ANSWER_MAX = 6_000;
/** Events after which a turn's state may have changed. */
const TELLING = new Set(["approval_request", "approval_decision", "backend_status", "terminal_status"]);

export const waitForTurn = defineTool({
  name: "wait_for_turn",
  title: "Wait for a turn",
  description:
    "Waits until a turn is over or its agent asks for an approval, for 50 seconds at most, and answers how it stands. `isOver` false with the state `running` or `pending` means just that: it is not done, so call again. `needs-approval` goes on only when decide_approval or a person has answered; until then it is answered at once, but for `throughApprovals`. Once it is over, `said` is the last thing that the agent said; of a turn with an outputSchema `output` is that, as JSON.",
  nature: "reads",
  isForeign: true,
  needs: ["commands.get", "runs.get", "events.watch", "events.search", "events.get"],
  input: z.strictObject({
    commandId: GetCommandInput.shape.commandId.describe("The turn, as start_session or send_message answered it."),
    seconds: WaitSeconds,
    throughApprovals: z
      .boolean()
      .default(false)
      .describe("Wait also while its agent waits for a person's decision, instead of answering that it does."),
  }),
  async run(call, { commandId, seconds, throughApprovals }) {
    const { runId } = await call.api.commands.get({ commandId });
    const { lastEventSeq } = await call.api.runs.get({ runId });
    const outcome = await waitUntil(call, seconds, {
      read: () => lookAtTurn(call, { commandId, throughApprovals }),
      changes: (signal) => tellingEvents(call, { runId, afterSeq: lastEventSeq }, signal),
    });
    return tellTurn(call, outcome);
  },
});

/**
 * Yields at events that may change the turn's state. Starts at a seq read before the first look, so that nothing in
 * between is missed.
 */
async function* tellingEvents(call: ToolCall, position: { runId: string; afterSeq: number }, signal: AbortSignal) {
  const frames: AsyncIterable<unknown> = await call.apiUntil(signal).events.watch(position);
  for await (const frame of frames) {
    // Its type is the one that clients see; the server yields it wrapped.
    const event = isTrackedEnvelope(frame) ? (frame[1] as RunEvent) : null;
    if (event !== null && TELLING.has(event.type)) yield;
  }
}

type Turn = { commandId: string; throughApprovals: boolean };
type TurnSnapshot = Awaited<ReturnType<typeof lookAtTurn>>;

async function lookAtTurn(call: ToolCall, { commandId, throughApprovals }: Turn) {
  const command = await call.api.commands.get({ commandId });
  const run = await call.api.runs.get({ runId: command.runId });
  const hasEnded = isTerminal(command.state) || isTerminal(run.status);
  const asks = hasEnded ? null : await asksIn(call, run);
  return { command, run, asks, hasEnded, isOver: hasEnded || (asks !== null && !throughApprovals) };
}

/**
 * Returns the approvals that a run's agent waits for; empty: it waits, and the caller's token may not see for what;
 * null: it does not wait.
 */
async function asksIn({ api, ctx }: ToolCall, { id, sessionRef }: Run): Promise<ApprovalSummary[] | null> {
  if (mayCall(ctx, "approvals.list")) {
    const { items } = await api.approvals.list({ runId: id, status: "pending", limit: 10 });
    return items.length === 0 ? null : items;
  }
  const sessionId = textIn(sessionRef ?? {}, "sessionId");
  if (sessionId === "" || !mayCall(ctx, "sessions.get")) return null;
  return (await api.sessions.get({ sessionId })).pendingApprovals > 0 ? [] : null;
}

async function tellTurn(call: ToolCall, { command, run, asks, hasEnded }: TurnSnapshot): Promise<ToolAnswer> {
  const ids = {
    ...brief({ sessionId: run.sessionRef?.sessionId }, ["sessionId"]),
    runId: run.id,
    commandId: command.id,
  };
  if (asks !== null) {
    const mayDecide = asks.length > 0 && mayCall(call.ctx, "approvals.decide");
    return {
      state: "needs-approval",
      isOver: false,
      ...ids,
      ...brief({ approvals: asks.map(briefApproval) }, ["approvals"]),
      next: `${mayDecide ? "decide_approval, or " : ""}hand a person open_link's address of the session, then wait_for_turn with throughApprovals: without it this is answered again at once`,
    };
  }
  if (!hasEnded)
    return {
      state: command.state === "pending" ? "pending" : "running",
      isOver: false,
      ...ids,
      next: "wait_for_turn again; read_session with tail shows what it has done so far",
    };
  // If the run ended without ending this command, the run's status counts.
  const state = isTerminal(command.state) ? command.state : run.status;
  const failure = brief(command, ["failureKind", "failureMessage"]);
  const answer = command.output === null ? await saidIn(call, command) : outputIn(command);
  return { state, isOver: true, ...ids, ...failure, ...answer };
}

/** Returns the last message of the agent after the turn began. */
async function saidIn({ api }: ToolCall, { runId, acknowledgedAt, updatedAt }: Command): Promise<ToolAnswer> {
  // A turn that was never started got no answer; the turns before and after it have their own.
  if (acknowledgedAt === null) return {};
  const within = { since: acknowledgedAt, until: updatedAt };
  const { items } = await api.events.search({ runId, types: "assistant_message", ...within, limit: 1 });
  const [found] = items;
  if (found === undefined) return {};
  const { payload } = await api.events.get({ eventId: found.id });
  return { said: cut(textIn(payload, "text", "message", "content"), ANSWER_MAX) };
}

export const interruptTurn = defineTool({
  name: "interrupt_turn",
  title: "Interrupt a turn",
  description:
    "Has an agent stop a turn that is under way; the session stays, and takes further messages. It is done once wait_for_turn says that the turn is over. A turn that has not begun is cancelled by commands.cancel, with call_procedure.",
  nature: "destroys",
  isIdempotent: true,
  needs: ["commands.get", "commands.create"],
  input: z.strictObject({
    commandId: GetCommandInput.shape.commandId.describe("The turn, as start_session or send_message answered it."),
  }),
  async run({ api }, { commandId }) {
    const turn = await api.commands.get({ commandId });
    const { runId, state } = turn;
    if (isTerminal(state)) return { runId, commandId, state, isOver: true };
    // An interrupt would not stop a turn that has not begun.
    if (state === "pending")
      throw new ConflictError("no-open-command", "this turn has not begun: cancel it by commands.cancel");
    const idempotencyKey = `mcp-interrupt-${commandId}`;
    const { id } = await api.commands.create({ runId, type: "interrupt", payload: {}, idempotencyKey });
    return { runId, commandId, interruptId: id, next: "wait_for_turn with this commandId" };
  },
});

export const cancelRun = defineTool({
  name: "cancel_run",
  title: "Cancel a run",
  description:
    "Ends a run with all its turns. What its agent wrote stays in the session's workspace, and a further message begins another run. To stop one turn alone call interrupt_turn.",
  nature: "destroys",
  isIdempotent: true,
  needs: ["runs.cancel"],
  input: CancelRunInput,
  async run({ api }, input) {
    const run = await api.runs.cancel(input);
    return brief(run, ["id", "status", "cancelRequestedAt"]);
  },
});
