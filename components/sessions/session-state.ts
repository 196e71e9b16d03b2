import { formatDuration, sentence, shortenId } from "@/components/ui/format";
import { failureWords } from "@/contract/failure-words";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";

/** A status word, and why it is so: the rule, the holder, the next automatic step and its time. */
export type Explained = { state: string; word: string; why: string; next?: { text: string; at: string } };

type ShownSession = Pick<
  SessionSummary,
  | "silentSince"
  | "executionState"
  | "terminalStatus"
  | "failureKind"
  | "pendingApprovals"
  | "storageKind"
  | "storageState"
>;

/**
 * What a session is doing, in a word, and why. The run is the session's newest open one, where it is known; without a
 * clock it is not said for how long it has been silent.
 */
export function explainSession(session: ShownSession, openRun: Run | null, nowMs: number | null = null): Explained {
  if (openRun !== null && openRun.cancelRequestedAt !== null) {
    return {
      state: "cancelling",
      word: "Cancelling",
      why: openRun.cancelReason ?? "Cancel requested. The run ends once its runner has stopped.",
    };
  }
  if (session.pendingApprovals > 0) {
    return needsApproval(session.pendingApprovals);
  }
  if (session.executionState === "running") {
    if (openRun !== null && openRun.status === "pending")
      return { ...explainRun(openRun), state: "waiting", word: "Waiting" };
    if (openRun !== null && openRun.leaseState !== "held") return { ...explainRun(openRun), word: "Running" };
    if (session.silentSince !== null) {
      const silentMs = nowMs === null ? null : Math.max(0, nowMs - Date.parse(session.silentSince));
      return {
        state: "silent",
        word: "Silent",
        why: `No events for ${silentMs === null ? "a while" : formatDuration(Math.floor(silentMs / 1_000) * 1_000)}. Interrupt the turn and send another message. If the agent does not react, cancel the run.`,
      };
    }
    return { state: "running", word: "Running", why: "A turn is in progress." };
  }
  if (session.storageKind === "evicted") {
    return {
      state: "evicted",
      word: "Evicted",
      why: "The volume was removed. Restore it from the archive to continue the conversation.",
    };
  }
  if (session.executionState === "terminal" && session.terminalStatus !== null) {
    const kind = session.failureKind === null ? "" : ` (${failureWords(session.failureKind)})`;
    if (session.terminalStatus === "failed")
      return {
        state: "failed",
        word: "Failed",
        why: `The last turn failed${kind}. Send another message to start a new one.`,
      };
    if (session.terminalStatus === "cancelled")
      return {
        state: "cancelled",
        word: "Cancelled",
        why: "The last turn was cancelled. Send another message to start a new one.",
      };
    return { state: "completed", word: "Completed", why: "The last turn is done. Send another message to continue." };
  }
  return { state: "idle", word: "Idle", why: "No message has been sent yet." };
}

function needsApproval(pendingApprovals: number): Explained {
  const many =
    pendingApprovals === 1
      ? "1 approval is waiting for an answer"
      : `${pendingApprovals} approvals are waiting for an answer`;
  return { state: "needs approval", word: "Needs approval", why: `${many}. The agent continues after that.` };
}

type ShownRun = Pick<
  Run,
  | "status"
  | "leaseState"
  | "leaseExpiresAt"
  | "claimedBy"
  | "cancelRequestedAt"
  | "cancelReason"
  | "attemptCount"
  | "nextAttemptAt"
  | "failureKind"
  | "failureMessage"
  | "turnFailureKind"
  | "executionPolicy"
>;

const DEFAULT_ATTEMPTS_MAX = 3;

/** `1 of 3`: which attempt a run is at, and how many its policy allows. */
export function attemptOf({ attemptCount, executionPolicy }: Pick<Run, "attemptCount" | "executionPolicy">): string {
  const { maxAttempts } = executionPolicy;
  return `${attemptCount} of ${typeof maxAttempts === "number" ? maxAttempts : DEFAULT_ATTEMPTS_MAX}`;
}

/** What a run is doing, in a word, and why. How many approvals its agent waits for is not in the run itself. */
export function explainRun(run: ShownRun, pendingApprovals = 0): Explained {
  const attempt = `attempt ${attemptOf(run)}`;
  if (run.cancelRequestedAt !== null && (run.status === "pending" || run.status === "claimed")) {
    return {
      state: "cancelling",
      word: "Cancelling",
      why: `${run.cancelReason ?? "Cancel requested"}. The run ends once its runner has stopped.`,
    };
  }
  if (run.status === "completed" && run.turnFailureKind != null) {
    return {
      state: "failed",
      word: "Completed · turn failed",
      why: `The run completed, but its last turn failed (${failureWords(run.turnFailureKind)}).`,
    };
  }
  switch (run.status) {
    case "pending":
      if (run.nextAttemptAt !== null) {
        return {
          state: "pending",
          word: "Waiting",
          why: `Waiting for the next attempt (${attempt} so far).`,
          next: { text: "next attempt", at: run.nextAttemptAt },
        };
      }
      return {
        state: "pending",
        word: "Waiting",
        why:
          run.attemptCount > 0
            ? `A runner was launched (${attempt}) and has not claimed the run yet.`
            : "Waiting for a runner, or for the session's previous run.",
      };
    case "claimed":
      // A run that is being recovered has nobody who could continue.
      return pendingApprovals > 0 && run.leaseState === "held"
        ? needsApproval(pendingApprovals)
        : explainLease(run, attempt);
    case "completed":
      return { state: "completed", word: "Completed", why: "The runner ended it: nothing was left to do." };
    case "cancelled":
      return {
        state: "cancelled",
        word: "Cancelled",
        why: run.failureMessage ?? run.cancelReason ?? "The run was cancelled.",
      };
    case "failed":
      return {
        state: "failed",
        word: "Failed",
        why:
          run.failureMessage ??
          (run.failureKind === null ? "The run failed." : sentence(failureWords(run.failureKind))),
      };
  }
}

type OwnSession = ShownSession & Pick<SessionSummary, "activeRunId" | "lastRunId">;

/**
 * A run as its session's page shows it, so that both say the same: a run outlives its last turn by as long as its runner
 * waits for another, and may end well after a turn that did not.
 */
export function explainRunOf(session: OwnSession, run: ShownRun & Pick<Run, "id">): Explained {
  const explained = explainRun(run);
  const isLast = run.id === (session.activeRunId ?? session.lastRunId);
  if (!isLast || run.cancelRequestedAt !== null) return explained;
  if (session.executionState === "running" && run.status === "claimed" && run.leaseState === "held") {
    const { state, word } = explainSession(session, null);
    return { ...explained, state, word };
  }
  if (session.executionState !== "terminal") return explained;
  if (run.status === "completed" && session.terminalStatus === "failed")
    return { state: "failed", word: "Completed · turn failed", why: "The run ended after its last turn failed." };
  if (run.status !== "claimed" || run.leaseState !== "held") return explained;
  const { state, word } = explainSession(session, null);
  return { ...explained, state, word: `${word} · runner ready`, why: "Its runner waits for another message." };
}

function explainLease(run: ShownRun, attempt: string): Explained {
  const holder = run.claimedBy === null ? "a runner" : shortenId(run.claimedBy);
  switch (run.leaseState) {
    case "fencing":
      return {
        state: "fencing",
        word: "Recovering",
        why: `The lease of ${holder} ran out. A new attempt starts once the old one has stopped (${attempt}).`,
      };
    case "expired":
      return {
        state: "expired",
        word: "Lease expired",
        why: `No heartbeat from ${holder}. It is stopped first, then a new attempt follows (${attempt}).`,
      };
    case "held":
      return {
        state: "claimed",
        word: "Running",
        why: `Held by ${holder}, ${attempt}.`,
        ...(run.leaseExpiresAt === null
          ? {}
          : { next: { text: "lease expires unless renewed", at: run.leaseExpiresAt } }),
      };
    case "none":
      return { state: "claimed", word: "Running", why: `Claimed by ${holder}, ${attempt}.` };
  }
}
