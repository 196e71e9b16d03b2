import { textOf } from "@/components/conversation/payload";
import type { RunEvent } from "@/contract/event";
import { describeEnd } from "./event-lines";
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
  for await (const event of followRun(io, sent, detach.signal)) {
    printEvent(io, event);
    if (event.type === "approval_request") void decide(io, event).catch((error: unknown) => io.note(String(error)));
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
 * Asks the person at the terminal for a decision. Another answer may come first; a late answer here is then reported as
 * such.
 */
async function decide(io: Io, { payload }: RunEvent): Promise<void> {
  const approvalId = textOf(payload, "approvalId");
  if (approvalId === null) return;
  const path = `/approvals/${encodeURIComponent(approvalId)}/decide`;
  if (io.ask === null) {
    io.note(`  answer it: agentrun approvals.decide approvalId=${approvalId} decision=accept`);
    return;
  }
  let decision: string | undefined;
  while (decision === undefined)
    decision = DECISIONS[(await io.ask("  allow it? [y]es, for the [s]ession, [n]o: ")).trim().toLowerCase()];
  try {
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
