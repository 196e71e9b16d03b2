import { formatDuration, shortenId } from "@/components/ui/format";
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
      word: "cancelling",
      why: openRun.cancelReason ?? "Cancelling was asked for; it ends when the agent is known to be gone.",
    };
  }
  if (session.pendingApprovals > 0) {
    const many = session.pendingApprovals === 1 ? "An approval waits" : `${session.pendingApprovals} approvals wait`;
    return {
      state: "needs approval",
      word: "needs approval",
      why: `${many} for a person. The agent goes on when it is answered.`,
    };
  }
  if (session.executionState === "running") {
    if (openRun !== null && openRun.status === "pending")
      return { ...explainRun(openRun), state: "waiting", word: "waiting" };
    if (openRun !== null && openRun.leaseState !== "held") return { ...explainRun(openRun), word: "running" };
    if (session.silentSince !== null) {
      const silentMs = nowMs === null ? null : Math.max(0, nowMs - Date.parse(session.silentSince));
      return {
        state: "silent",
        word: "silent",
        why: `Its turn has said nothing for ${silentMs === null ? "long" : formatDuration(Math.floor(silentMs / 1_000) * 1_000)}. Interrupt it and go on by another message; if the agent does not answer to that, cancel the run.`,
      };
    }
    return { state: "running", word: "running", why: "A turn is under way." };
  }
  if (session.storageKind === "evicted") {
    return {
      state: "evicted",
      word: "evicted",
      why: "Its volume was removed. The archive brings it back: restore it, then the conversation goes on.",
    };
  }
  if (session.executionState === "terminal" && session.terminalStatus !== null) {
    const kind = session.failureKind === null ? "" : ` (${session.failureKind})`;
    if (session.terminalStatus === "failed")
      return {
        state: "failed",
        word: "failed",
        why: `The last turn failed${kind}. Another message starts a new turn.`,
      };
    if (session.terminalStatus === "cancelled")
      return {
        state: "cancelled",
        word: "cancelled",
        why: "The last turn was cancelled. Another message starts a new one.",
      };
    return { state: "completed", word: "completed", why: "The last turn is done. Another message starts a new one." };
  }
  return { state: "idle", word: "idle", why: "No turn has been sent yet." };
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
  | "executionPolicy"
>;

const DEFAULT_ATTEMPTS_MAX = 3;

/** `1 of 3`: which attempt a run is at, and how many its policy allows. */
export function attemptOf({ attemptCount, executionPolicy }: Pick<Run, "attemptCount" | "executionPolicy">): string {
  const { maxAttempts } = executionPolicy;
  return `${attemptCount} of ${typeof maxAttempts === "number" ? maxAttempts : DEFAULT_ATTEMPTS_MAX}`;
}

/** What a run is doing, in a word, and why. */
export function explainRun(run: ShownRun): Explained {
  const attempt = `attempt ${attemptOf(run)}`;
  if (run.cancelRequestedAt !== null && (run.status === "pending" || run.status === "claimed")) {
    return {
      state: "cancelling",
      word: "cancelling",
      why: `${run.cancelReason ?? "Cancel requested"}. It ends when its runner says so, or is known to be gone.`,
    };
  }
  switch (run.status) {
    case "pending":
      if (run.nextAttemptAt !== null) {
        return {
          state: "pending",
          word: "pending",
          why: `Waits for its next attempt (${attempt} so far).`,
          next: { text: "next attempt", at: run.nextAttemptAt },
        };
      }
      return {
        state: "pending",
        word: "pending",
        why:
          run.attemptCount > 0
            ? `A runner was launched (${attempt}) and has not claimed it yet.`
            : "Waits for a runner, or for the session's run before it.",
      };
    case "claimed":
      return explainLease(run, attempt);
    case "completed":
      return { state: "completed", word: "completed", why: "Its runner ended it: no command was left." };
    case "cancelled":
      return {
        state: "cancelled",
        word: "cancelled",
        why: run.failureMessage ?? run.cancelReason ?? "It was cancelled.",
      };
    case "failed":
      return { state: "failed", word: "failed", why: run.failureMessage ?? run.failureKind ?? "It failed." };
  }
}

function explainLease(run: ShownRun, attempt: string): Explained {
  const holder = run.claimedBy === null ? "a runner" : shortenId(run.claimedBy);
  switch (run.leaseState) {
    case "fencing":
      return {
        state: "fencing",
        word: "fencing",
        why: `The lease of ${holder} ran out. A new attempt starts once the old one is confirmed gone (${attempt}).`,
      };
    case "expired":
      return {
        state: "expired",
        word: "lease expired",
        why: `${holder} has not been heard of. It is ended first, then a new attempt follows (${attempt}).`,
      };
    case "held":
      return {
        state: "claimed",
        word: "claimed",
        why: `Held by ${holder}, ${attempt}.`,
        ...(run.leaseExpiresAt === null
          ? {}
          : { next: { text: "lease runs out unless renewed", at: run.leaseExpiresAt } }),
      };
    case "none":
      return { state: "claimed", word: "claimed", why: `Claimed by ${holder}, ${attempt}.` };
  }
}
