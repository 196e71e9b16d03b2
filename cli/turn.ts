import { textOf } from "@/components/conversation/payload";
import type { RunEvent } from "@/contract/event";
import { describeEnd, eventLines } from "./event-lines";
import { EXIT, RefusedError } from "./failure";
import { followRun } from "./follow-run";
import type { Io } from "./io";
import { printEvent } from "./print";

/** A turn that was sent, and the last event of its run before it. */
export type Sent = { sessionId: string; runId: string; commandId: string; afterSeq: number };

const DECISIONS: Record<string, string> = {
  y: "accept",
  yes: "accept",
  s: "acceptForSession",
  n: "decline",
  no: "decline",
};

/** Shows what an agent does until its turn has ended; the exit code says how it ended. */
export async function followTurn(io: Io, sent: Sent): Promise<number> {
  const detach = new AbortController();
  let interrupts = 0;
  io.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return detach.abort();
    io.note("interrupting its turn; Ctrl-C again leaves it running");
    void interrupt(io, sent).catch((error: unknown) => io.note(String(error)));
  });
  const questions = new Questions(io);
  for await (const event of followRun(io, sent, detach.signal)) {
    printEvent(io, event);
    questions.follow(event);
    const code = exitCodeAtEnd(io, event, sent.commandId);
    if (code !== null) return code;
  }
  return detach.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

function interrupt(io: Io, { runId, commandId }: Sent): Promise<unknown> {
  const body = { type: "interrupt", payload: {}, idempotencyKey: `cli-interrupt-${commandId}` };
  return io.client.call({ method: "POST", path: `/runs/${encodeURIComponent(runId)}/commands`, body });
}

/**
 * Asks the person at the terminal for decisions, one after the other: two questions at once would both take the same
 * answer. A question ends without an answer once the approval is decided elsewhere, or is no longer wanted.
 */
class Questions {
  readonly #open = new Map<string, AbortController>();
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly io: Io) {}

  follow(event: RunEvent): void {
    const approvalId = textOf(event.payload, "approvalId");
    if (approvalId === null) return;
    if (event.type === "approval_request") this.#ask(approvalId, event);
    else if (event.type === "approval_decision" && textOf(event.payload, "status") !== "pending")
      this.#open.get(approvalId)?.abort();
  }

  #ask(approvalId: string, request: RunEvent): void {
    const settled = new AbortController();
    // Other events come between a request and its question where that has to wait.
    const isLater = this.#open.size > 0;
    this.#open.set(approvalId, settled);
    this.#last = this.#last
      .then(async () => {
        if (settled.signal.aborted) return;
        if (isLater) for (const line of eventLines(request, this.io.style)) this.io.note(line);
        await decide(this.io, approvalId, settled.signal);
      })
      .catch((error: unknown) => this.io.note(String(error)))
      .finally(() => this.#open.delete(approvalId));
  }
}

/** Asks for a decision. Another answer may come first; a late answer here is then reported as such. */
async function decide(io: Io, approvalId: string, settled: AbortSignal): Promise<void> {
  let decision: string | undefined;
  while (decision === undefined) {
    const answer = (await io.ask?.("  allow it? [y]es, for the [s]ession, [n]o: ", settled)) ?? null;
    if (settled.aborted) return;
    if (answer === null) {
      io.note(`  answer it: agentrun approvals.decide approvalId=${approvalId} decision=accept`);
      return;
    }
    decision = DECISIONS[answer.trim().toLowerCase()];
  }
  try {
    const path = `/approvals/${encodeURIComponent(approvalId)}/decide`;
    await io.client.call({ method: "POST", path, body: { decision } });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    io.note(`  ${error.message}`);
  }
}

/** Returns the exit code once the turn, or its run, has ended; null before. */
function exitCodeAtEnd(io: Io, { type, payload }: RunEvent, commandId: string): number | null {
  const isTurn =
    type === "backend_status" &&
    textOf(payload, "phase") === "command-terminal" &&
    textOf(payload, "commandId") === commandId;
  if (!isTurn && type !== "terminal_status") return null;
  const status = textOf(payload, "state", "terminalStatus");
  if (status === "completed") return EXIT.ok;
  if (isTurn) io.note(`its turn ${describeEnd(payload)}`);
  return status === "cancelled" ? EXIT.cancelled : EXIT.failed;
}
