import type { Tone } from "@/components/ui/state";
import type { Command } from "@/contract/command";
import { failureWords } from "@/contract/failure-words";
import type { Run } from "@/contract/run";
import type { LaunchWaitReason, RunnerJob } from "@/contract/runner";
import { isTerminal } from "@/contract/words";

/** Why a run waits, is held up or failed: the rule, who holds it up, and what happens next by itself. */
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
    rule: "The runner went away in the middle of a turn, and the onLost policy is to ask, or no attempts were left.",
    next: "Check the trace to see how far the turn got, then send it again.",
  },
  "backend-failed": {
    rule: "codex could not continue. The message below is the last one it gave.",
    next: "Check the profile's configuration under Backends.",
  },
  timeout: {
    rule: "The turn or its pod took longer than allowed: turnTimeoutMs of the policy, or the installation's deadline.",
    next: "Allow more time, or ask for less in one turn.",
  },
  "approval-timeout": {
    rule: "Nobody answered the approval in time.",
    next: "Send the turn again when someone can answer.",
  },
  "storage-full": { rule: "The disk that the run wrote to is full.", next: "Evict or enlarge volumes under Storage." },
  "session-store-evicted": {
    rule: "The session's volume was removed.",
    next: "Restore it from its archive on the session's Storage tab, then send the turn again.",
  },
  "infra-failed": {
    rule: "A part of AgentRun did not answer, such as the database, Kubernetes or the archive.",
    next: "Check the Status page, then send the turn again.",
  },
};

const WAITS: Record<LaunchWaitReason, string> = {
  unreachable: "The executor does not answer or is overloaded. Every launch waits for it.",
  refused: "The executor has no capacity for this runner, for example because a quota is used up.",
  ending: "An earlier launch is not confirmed gone yet, and two never run side by side.",
};

/** null where there is nothing to explain: the run works, or is done. */
export function explainWhy(facts: WhyFacts): Why | null {
  const { run } = facts;
  if (run.status === "completed") return explainTurn(facts);
  if (isTerminal(run.status)) return explainEnd(run);
  if (run.cancelRequestedAt !== null) {
    return {
      ...{ tone: "warn", title: "Cancelling", rule: run.cancelReason ?? "Someone cancelled the run." },
      ...holderOf(run),
      next:
        run.status === "pending"
          ? "The run ends at once."
          : "The run ends when its runner reports the end, or is confirmed gone.",
      doc: "cancelling",
    };
  }
  return run.status === "pending" ? explainPending(facts) : explainClaimed(facts);
}

function explainPending({ run, jobs, sessionRun, hasOpenCommand }: WhyFacts): Why {
  const quiet = { tone: "quiet" as const };
  if (run.nextAttemptAt !== null) {
    return {
      ...{ tone: "warn", title: "Waiting for the next attempt", nextAt: run.nextAttemptAt, doc: "backing-off" },
      rule: `The last attempt ended by itself. The delay before each new one doubles, up to a minute (${attemptOf(run)}).`,
      next: "The next attempt starts",
    };
  }
  if (sessionRun !== null) {
    return {
      ...{ ...quiet, title: "Waiting for its session", doc: "waiting-for-its-session" },
      rule: "Only one run of a session works at a time.",
      holder: { name: "Active run", runId: sessionRun.id },
      next: "Starts when that run ends. An idle runner ends its run at once when another one waits.",
    };
  }
  const launched = jobs.find((job) => job.state === "launching" || job.state === "running");
  if (launched?.state === "launching" && launched.result?.waitsFor === "archiver") {
    return {
      ...{ tone: "warn", title: "Waiting for an archiver", doc: "waiting-for-an-archiver" },
      rule: "An archiver holds the session's volume. The run goes first, so the archiver is being stopped.",
      next: "The runner starts once the archiver is confirmed gone, usually within seconds. If its node does not answer, an administrator can force it on the session's Storage tab.",
    };
  }
  if (launched?.wait) {
    const { reason, message, nextTryAt } = launched.wait;
    return {
      ...{ tone: "warn", title: "The runner cannot be started yet", nextAt: nextTryAt, doc: "launch-refused" },
      rule: WAITS[reason],
      message,
      next: "Next try",
    };
  }
  if (launched !== undefined) {
    return {
      ...{ ...quiet, title: "Runner is starting", doc: "launched" },
      rule: "Its process or pod is starting, or the volume is being restored.",
      holder: { name: "Runner", id: launched.runnerId },
      next: "Work starts when the runner claims the run. If the launch ends first, another attempt follows.",
    };
  }
  if (!hasOpenCommand) {
    return {
      ...{ ...quiet, title: "Waiting for a command", doc: "waiting-for-a-runner" },
      rule: "A runner is launched only for a run that has a command to work on.",
      next: "Starts with its first command.",
    };
  }
  return {
    ...{ ...quiet, title: "Waiting for a runner", doc: "waiting-for-a-runner" },
    rule: "A runner is launched as soon as there is capacity, or an outside runner claims the run.",
    next:
      run.attemptCount > 0
        ? `The next attempt starts then (${attemptOf(run)} so far).`
        : "The first attempt starts then.",
  };
}

function explainClaimed(facts: WhyFacts): Why | null {
  const { run, pendingApprovals } = facts;
  if (run.leaseState === "fencing" || run.leaseState === "expired") {
    const isFencing = run.leaseState === "fencing";
    return {
      ...{
        tone: "warn",
        title: isFencing ? "Stopping the old attempt" : "Lease expired",
        doc: "lease-expired",
      },
      rule: `The runner sent no heartbeat for the length of its lease (${attemptOf(run)}).`,
      ...holderOf(run),
      next: "Once the old attempt is confirmed gone, the next one starts, or the run ends as its policy says.",
    };
  }
  if (pendingApprovals > 0) {
    return {
      ...{ tone: "warn", title: "Needs approval", doc: "waiting-for-a-person" },
      rule: "The agent asks for something that its policy does not allow without approval.",
      holder: {
        name: pendingApprovals === 1 ? "Open approval" : `${pendingApprovals} open approvals`,
        isApproval: true,
      },
      next: "The agent continues when the approval is answered.",
    };
  }
  return explainTurn(facts);
}

/** A run may go on, and end well, after a turn that did not. */
function explainTurn({ lastTurn }: WhyFacts): Why | null {
  if (lastTurn?.state !== "failed") return null;
  const kind = lastTurn.failureKind ?? "unknown";
  const explanation = FAILURES[kind];
  return {
    ...{
      tone: "bad",
      title: `Last turn failed: ${failureWords(lastTurn.failureKind)}`,
      doc: explanation === undefined ? "other-failures" : kind,
    },
    rule: explanation?.rule ?? "The message below says what went wrong.",
    next: explanation?.next ?? "Send another message to continue.",
    ...(lastTurn.failureMessage === null ? {} : { message: lastTurn.failureMessage }),
  };
}

function explainEnd(run: Run): Why {
  if (run.status === "cancelled") {
    return {
      ...{
        tone: "quiet",
        title: "Cancelled",
        rule: run.cancelReason ?? "Someone cancelled the run.",
        doc: "cancelled",
      },
      next: "The session stays. Another message starts a new run.",
      ...(run.failureMessage !== null && run.failureMessage !== run.cancelReason
        ? { message: run.failureMessage }
        : {}),
    };
  }
  const kind = run.failureKind ?? "unknown";
  const explanation = FAILURES[kind];
  return {
    ...{
      tone: "bad",
      title: `Run failed: ${failureWords(run.failureKind)}`,
      doc: explanation === undefined ? "other-failures" : kind,
    },
    rule: explanation?.rule ?? "The message below says what went wrong.",
    next: `${explanation?.next ?? "Fix the cause, then run it again."} No retry follows (${attemptOf(run)}).`,
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
