import type { Why } from "@/components/runs/why";
import { operatorName } from "@/components/shell/operator-name";
import { formatPlural } from "@/components/ui/format";
import type { Runner } from "@/contract/runner";
import { heartbeatIntervalWords } from "./heartbeats";

const RUN_WORDS: Record<RunOf["status"], string> = {
  pending: "waiting",
  claimed: "running",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
};

export type RunOf = NonNullable<Runner["run"]>;

/** What follows for a run whose runner is gone, by its own rule. */
export function recoveryOf({ turns, onLost, attemptCount, attemptMax }: RunOf): string {
  const isCutOff = turns.running > 0;
  const goesOn = turns.waiting > 0 || (isCutOff && onLost === "continue");
  const cutOff = isCutOff && onLost !== "continue" ? "the current turn fails" : null;
  if (!goesOn) return cutOff === null ? "the run ends, since it has no work" : `${cutOff}, and the run ends with it`;
  const next =
    attemptCount >= attemptMax
      ? `the run fails, since ${attemptOf(attemptCount, attemptMax)} was its last`
      : `the run is queued again, ${attemptOf(attemptCount + 1, attemptMax)}`;
  return cutOff === null ? next : `${cutOff}; ${next}`;
}

export function attemptOf(attempt: number, attemptMax: number): string {
  return `attempt ${attempt} of ${attemptMax}`;
}

/** Why a runner is in its state, who or what made it so, and what happens next by itself. */
export function explainRunner(runner: Runner): Why {
  const why = explainState(runner);
  if (runner.kill === null || runner.state === "ended") return why;
  const { by, reason } = runner.kill;
  return {
    ...{ ...why, tone: "warn", title: "Being killed", doc: "what-can-be-done-to-a-runner" },
    rule: `${operatorName(by)} killed the runner${reason === null ? "" : `: ${reason}`}.`,
    next:
      runner.run?.isHeld === true
        ? `Once it is confirmed gone, ${recoveryOf(runner.run)}.`
        : "Its process is being stopped.",
  };
}

function explainState(runner: Runner): Why {
  switch (runner.state) {
    case "idle":
      return explainIdle(runner);
    case "busy":
      return {
        ...{ tone: "busy", title: "Working on a turn", doc: "what-a-runner-is" },
        rule: `Sends a heartbeat every ${heartbeatIntervalWords(runner.beatMs)}, which keeps its lease on the run.`,
        next: "Continues with the next turn, or waits for one.",
      };
    case "draining":
      return explainDraining(runner);
    case "late":
      return {
        ...{ tone: "warn", title: "Missed two heartbeats or more", doc: "late-and-lost" },
        rule: `A heartbeat is due every ${heartbeatIntervalWords(runner.beatMs)}. A runner that reports again in time keeps its run.`,
        next: `Without a heartbeat its lease expires, and ${after(runner)}.`,
        ...(runner.leaseExpiresAt === null ? {} : { nextAt: runner.leaseExpiresAt }),
      };
    case "lost":
      return explainLost(runner);
    case "ended":
      return explainEnd(runner);
  }
}

function after({ run }: Runner): string {
  return run === null ? "nothing follows" : recoveryOf(run);
}

function explainIdle({ run, job }: Runner): Why {
  const quiet = { tone: "quiet", doc: "what-a-runner-is" } as const;
  if (run === null || !run.isHeld) {
    return {
      ...{ ...quiet, title: "No run" },
      rule: "An outside runner that has registered and claimed nothing since.",
      next: "Works when it claims a run. After an hour without a heartbeat it counts as ended.",
    };
  }
  return {
    ...{ ...quiet, title: "Waiting for the next turn" },
    rule: "A run stays open for further turns, and keeps its runner, for its policy's idle timeout.",
    next: `The next turn starts at once. Without one the run ends${job === null ? "" : ", and its runner with it"}.`,
  };
}

function explainDraining({ drain, run, endKind, beatMs }: Runner): Why {
  if (drain === null || run === null || !run.isHeld) {
    return {
      ...{ tone: "quiet", title: "Shutting down", doc: "what-a-runner-is" },
      rule:
        endKind === "released" ? "It returned its run for another runner to continue." : "It no longer holds a run.",
      next:
        drain !== null && endKind === null
          ? "Claims nothing until it is resumed."
          : "It ends once its process is confirmed gone.",
    };
  }
  const { by, reason } = drain;
  const waiting =
    run.turns.waiting > 0 ? `. Another runner takes ${formatPlural(run.turns.waiting, "queued turn")}` : "";
  return {
    ...{ tone: "busy", title: "Draining", doc: "what-can-be-done-to-a-runner" },
    rule: `${operatorName(by)} drained the runner${reason === null ? "" : `: ${reason}`}. It takes no new work.`,
    next:
      run.turns.running > 0
        ? `Ends after its current turn${waiting}.`
        : `Ends at its next heartbeat, within ${heartbeatIntervalWords(beatMs)}${waiting}.`,
  };
}

function explainLost({ run, endMessage, job }: Runner): Why {
  const lostReason = { tone: "bad", doc: "late-and-lost" } as const;
  if (run?.isHeld === true) {
    const isFencing = run.leaseState === "fencing";
    return {
      ...{ ...lostReason, title: isFencing ? "Losing its run" : "Lease expired" },
      rule: "Nothing that it sends is accepted unless it reports again before it is stopped.",
      next:
        job === null
          ? `Another runner may claim the run: ${recoveryOf(run)}.`
          : `Its process is stopped first. Once it is confirmed gone, ${recoveryOf(run)}.`,
    };
  }
  const attempt = run === null ? "" : ` (${attemptOf(run.attemptCount + 1, run.attemptMax)})`;
  return {
    ...{ ...lostReason, title: "Lost its run, which waits for another runner" },
    rule: endMessage ?? "It is confirmed gone.",
    next: run?.nextAttemptAt == null ? `Another runner claims the run${attempt}.` : `Next runner${attempt}`,
    ...(run?.nextAttemptAt == null ? {} : { nextAt: run.nextAttemptAt }),
  };
}

const ENDS = {
  finished: "Ended with its run.",
  released: "Returned its run and ended.",
  lost: "Lost: its run was given to another runner.",
  silent: "Held no run and sent no heartbeat for an hour.",
} as const;

function explainEnd({ endKind, endMessage, run }: Runner): Why {
  const isLost = endKind === "lost";
  return {
    ...{ tone: isLost ? "bad" : "quiet", title: isLost ? "Lost" : "Ended", doc: "what-a-runner-is" },
    rule: endKind === null ? "Gone." : ENDS[endKind],
    next: run === null ? "Nothing else follows." : `Nothing else follows. Its run is ${RUN_WORDS[run.status]}.`,
    ...(endMessage === null ? {} : { message: endMessage }),
  };
}
