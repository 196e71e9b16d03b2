import type { Tone } from "@/components/ui/state";
import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import type { LaunchWaitReason, RunnerJob } from "@/contract/runner";
import { isTerminal } from "@/contract/words";

/** Why a run is not simply at work or done: the rule, who holds it up, and what happens next by itself. */
export type Why = {
  tone: Tone;
  title: string;
  rule: string;
  holder?: { name: string; runId?: string; id?: string; isApproval?: boolean };
  next: string;
  /** When that is, where it is known. */
  nextAt?: string;
  /** The section of the runs' document. */
  doc: string;
  message?: string;
};

export type WhyFacts = {
  run: Run;
  pendingApprovals: number;
  /** The newest first. */
  jobs: readonly (Pick<RunnerJob, "state" | "runnerId"> & Partial<Pick<RunnerJob, "result" | "wait">>)[];
  /** The run of the same session that is at work, where it is another one. */
  sessionRun: { id: string } | null;
  hasOpenCommand: boolean;
  lastTurn: Pick<Command, "state" | "failureKind" | "failureMessage"> | null;
};

const DEFAULT_ATTEMPTS_MAX = 3;

const FAILURES: Record<string, { rule: string; next: string }> = {
  "runner-lost": {
    rule: "Its runner went away in the middle of a turn, and its policy says to ask, or no attempt was left.",
    next: "Look at the trace for how far it came, then send the turn again.",
  },
  "backend-failed": {
    rule: "codex could not go on.",
    next: "The message is what it said last; Backends shows how the profile is configured.",
  },
  timeout: {
    rule: "It took longer than it may: turnTimeoutMs of its policy, or the installation's deadline.",
    next: "Allow it more time, or ask for less in one turn.",
  },
  "approval-timeout": {
    rule: "Nobody answered its approval in time.",
    next: "Send the turn again when somebody is there.",
  },
  "storage-full": { rule: "The disk that it wrote to is full.", next: "Evict or enlarge volumes under Storage." },
  "session-store-evicted": {
    rule: "The volume of its session was removed.",
    next: "Restore it under the session's Storage tab, then send the turn again.",
  },
  "infra-failed": {
    rule: "Something that the program needs did not answer.",
    next: "The Status page shows the parts; send the turn again when they are well.",
  },
};

const WAITS: Record<LaunchWaitReason, string> = {
  unreachable: "Who starts runners gives no answer, or is overloaded: every launch waits for it.",
  refused: "Who starts runners has no room for this one, or is about to have.",
  ending: "Nobody knows yet that nothing is left of an earlier try, and two never run beside each other.",
};

/** null where there is nothing to explain: the run works, or is done. */
export function explainWhy(facts: WhyFacts): Why | null {
  const { run } = facts;
  if (run.status === "completed") return explainTurn(facts);
  if (isTerminal(run.status)) return explainEnd(run);
  if (run.cancelRequestedAt !== null) {
    return {
      ...{ tone: "warn", title: "It is being cancelled", rule: run.cancelReason ?? "Cancelling was asked for." },
      ...holderOf(run),
      next: run.status === "pending" ? "It ends at once." : "It ends when its runner says so, or is known to be gone.",
      doc: "cancelling",
    };
  }
  return run.status === "pending" ? explainPending(facts) : explainClaimed(facts);
}

function explainPending({ run, jobs, sessionRun, hasOpenCommand }: WhyFacts): Why {
  const quiet = { tone: "quiet" as const };
  if (run.nextAttemptAt !== null) {
    return {
      ...{ tone: "warn", title: "It waits for its next attempt", nextAt: run.nextAttemptAt, doc: "backing-off" },
      rule: `An attempt that ended by itself is followed by the next after a while that doubles: ${attemptOf(run)} so far.`,
      next: "The next attempt is launched",
    };
  }
  if (sessionRun !== null) {
    return {
      ...{ ...quiet, title: "It waits for its session", doc: "waiting-for-its-session" },
      rule: "One run of a session is at work at a time.",
      holder: { name: "At work is", runId: sessionRun.id },
      next: "It begins when that run ends; an idle runner ends its run at once when another waits.",
    };
  }
  const launched = jobs.find((job) => job.state === "launching" || job.state === "running");
  if (launched?.state === "launching" && launched.result?.waitsFor === "archiver") {
    return {
      ...{ tone: "warn", title: "It waits for an archiver", doc: "waiting-for-an-archiver" },
      rule: "A process that archives its session's volume has it, and is being ended: the run goes first.",
      next: "Its runner starts once that is known to be gone. Where its node does not answer, an administrator forces it under the session's Storage tab.",
    };
  }
  if (launched?.wait) {
    const { reason, message, nextTryAt } = launched.wait;
    return {
      ...{ tone: "warn", title: "Its runner cannot be started yet", nextAt: nextTryAt, doc: "launch-refused" },
      rule: WAITS[reason],
      message,
      next: "It is tried again",
    };
  }
  if (launched !== undefined) {
    return {
      ...{ ...quiet, title: "A runner was launched and has not claimed it yet", doc: "launched" },
      rule: "Its process or pod is on its way, or its volume is being restored.",
      holder: { name: "Launched is", id: launched.runnerId },
      next: "It works as soon as the runner claims it; a launch that ends without that is followed by another.",
    };
  }
  if (!hasOpenCommand) {
    return {
      ...{ ...quiet, title: "Nothing was asked of it", doc: "waiting-for-a-runner" },
      rule: "A runner is launched for a run that has a command to work on.",
      next: "It begins with its first command.",
    };
  }
  return {
    ...{ ...quiet, title: "It waits for a runner", doc: "waiting-for-a-runner" },
    rule: "A runner is launched as soon as there is room for another, or claims it from outside.",
    next:
      run.attemptCount > 0 ? `The next attempt follows: ${attemptOf(run)} so far.` : "Its first attempt begins then.",
  };
}

function explainClaimed(facts: WhyFacts): Why | null {
  const { run, pendingApprovals } = facts;
  if (run.leaseState === "fencing" || run.leaseState === "expired") {
    const isFencing = run.leaseState === "fencing";
    return {
      ...{
        tone: "warn",
        title: isFencing ? "Its old attempt is being ended" : "Its lease ran out",
        doc: "lease-expired",
      },
      rule: `Its runner has not been heard of for the length of its lease (${attemptOf(run)}).`,
      ...holderOf(run),
      next: "Once the old attempt is known to be gone the next one follows, or the run ends as its policy says.",
    };
  }
  if (pendingApprovals > 0) {
    return {
      ...{ tone: "warn", title: "It waits for a person", doc: "waiting-for-a-person" },
      rule: "The agent asks for what its policy does not allow by itself.",
      holder: {
        name: pendingApprovals === 1 ? "An approval is open" : `${pendingApprovals} approvals are open`,
        isApproval: true,
      },
      next: "The agent goes on when it is answered.",
    };
  }
  return explainTurn(facts);
}

/** A run may go on, and end well, after a turn that did not. */
function explainTurn({ lastTurn }: WhyFacts): Why | null {
  if (lastTurn?.state !== "failed") return null;
  const kind = lastTurn.failureKind ?? "unknown";
  const known = FAILURES[kind];
  return {
    ...{ tone: "bad", title: `Its last turn failed: ${kind}`, doc: known === undefined ? "other-failures" : kind },
    rule: known?.rule ?? "Its message says what went wrong.",
    next: known?.next ?? "Nothing follows by itself: send another message.",
    ...(lastTurn.failureMessage === null ? {} : { message: lastTurn.failureMessage }),
  };
}

function explainEnd(run: Run): Why {
  if (run.status === "cancelled") {
    return {
      ...{ tone: "quiet", title: "It was cancelled", rule: run.cancelReason ?? "Somebody ended it.", doc: "cancelled" },
      next: "Nothing follows by itself; its session stays.",
      ...(run.failureMessage !== null && run.failureMessage !== run.cancelReason
        ? { message: run.failureMessage }
        : {}),
    };
  }
  const kind = run.failureKind ?? "unknown";
  const known = FAILURES[kind];
  return {
    ...{ tone: "bad", title: `Why it failed: ${kind}`, doc: known === undefined ? "other-failures" : kind },
    rule: known?.rule ?? "Its message says what went wrong.",
    next: `Nothing follows by itself after ${attemptOf(run)}. ${known?.next ?? "Run it again once that is mended."}`,
    ...(run.failureMessage === null ? {} : { message: run.failureMessage }),
  };
}

function attemptOf({ attemptCount, executionPolicy }: Run): string {
  const { maxAttempts } = executionPolicy;
  return `attempt ${attemptCount} of ${typeof maxAttempts === "number" ? maxAttempts : DEFAULT_ATTEMPTS_MAX}`;
}

function holderOf(run: Run): Pick<Why, "holder"> {
  return run.claimedBy === null ? {} : { holder: { name: "Held by", id: run.claimedBy } };
}
