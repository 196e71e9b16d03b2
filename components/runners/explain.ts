import type { Why } from "@/components/runs/why";
import { formatDuration, formatPlural } from "@/components/ui/format";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";

type RunOf = NonNullable<Runner["run"]>;

/** What follows for a run whose runner is gone, by its own rule. */
export function recoveryOf({ turns, onLost, attemptCount, attemptMax }: RunOf): string {
  const isCutOff = turns.running > 0;
  const goesOn = turns.waiting > 0 || (isCutOff && onLost === "continue");
  const cutOff = isCutOff && onLost !== "continue" ? "the turn under way fails, how far it came is not known" : null;
  if (!goesOn) return cutOff === null ? "the run ends: nothing was asked of it" : `${cutOff}, and the run ends with it`;
  const next =
    attemptCount >= attemptMax
      ? `the run fails: ${attemptOf(attemptCount, attemptMax)} was its last`
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
    ...{ ...why, tone: "warn", title: "It is being killed", doc: "what-can-be-done-to-a-runner" },
    rule: `${by} ordered it${reason === null ? "" : `: ${reason}`}.`,
    next:
      runner.run?.isHeld === true ? `Once it is known to be gone ${recoveryOf(runner.run)}.` : "Its process is ended.",
  };
}

function explainState(runner: Runner): Why {
  switch (runner.state) {
    case "idle":
      return explainIdle(runner);
    case "busy":
      return {
        ...{ tone: "busy", title: "It works on a turn", doc: "what-a-runner-is" },
        rule: `It says every ${formatDuration(runner.beatMs)} that it lives, and keeps its run by that.`,
        next: "It goes on with the next turn, or waits for one.",
      };
    case "draining":
      return explainDraining(runner);
    case "late":
      return {
        ...{ tone: "warn", title: "It was not heard of for two beats or more", doc: "late-and-lost" },
        rule: `It beats every ${formatDuration(runner.beatMs)}. One that is heard of again in time keeps its run.`,
        next: `Unless it is heard of, its lease expires and ${after(runner)}.`,
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
      ...{ ...quiet, title: "It has no run" },
      rule: "It was registered by whoever started it, and has claimed nothing since.",
      next: "It works as soon as it claims a run. After an hour without a word it counts as ended.",
    };
  }
  return {
    ...{ ...quiet, title: "It waits for the next turn" },
    rule: "A run stays open for further turns, and keeps its runner, for the idle time of its policy.",
    next: `A turn that comes begins at once; without one the run ends${job === null ? "" : ", and its runner with it"}.`,
  };
}

function explainDraining({ drain, run, endKind, beatMs }: Runner): Why {
  if (drain === null || run === null || !run.isHeld) {
    return {
      ...{ tone: "quiet", title: "It is on its way out", doc: "what-a-runner-is" },
      rule:
        endKind === "released" ? "It gave its run back, to be gone on with by another." : "It holds no run any more.",
      next:
        drain !== null && endKind === null
          ? "It claims nothing until it is resumed."
          : "It has ended once its process is known to be gone.",
    };
  }
  const { by, reason } = drain;
  const waiting =
    run.turns.waiting > 0 ? `, and another runner takes ${formatPlural(run.turns.waiting, "turn")} that wait` : "";
  return {
    ...{ tone: "busy", title: "It is being drained", doc: "what-can-be-done-to-a-runner" },
    rule: `${by} ordered it${reason === null ? "" : `: ${reason}`}. It takes nothing more.`,
    next:
      run.turns.running > 0
        ? `It ends when its turn does${waiting}.`
        : `It hears of it with its next beat, ${formatDuration(beatMs)} at most, and ends${waiting}.`,
  };
}

function explainLost({ run, endMessage, job }: Runner): Why {
  const lost = { tone: "bad", doc: "late-and-lost" } as const;
  if (run?.isHeld === true) {
    const isFencing = run.leaseState === "fencing";
    return {
      ...{ ...lost, title: isFencing ? "Its run is being taken from it" : "Its lease ran out" },
      rule: "Nothing that it sends is taken any more, unless it is heard of before its end has begun.",
      next:
        job === null
          ? `Another runner may claim the run: ${recoveryOf(run)}.`
          : `Its process is ended first; once that is known ${recoveryOf(run)}.`,
    };
  }
  const attempt = run === null ? "" : ` (${attemptOf(run.attemptCount + 1, run.attemptMax)})`;
  return {
    ...{ ...lost, title: "It lost its run, which waits to go on" },
    rule: endMessage ?? "It is known to be gone.",
    next:
      run?.nextAttemptAt == null ? `Another runner claims the run${attempt}.` : `The next runner is launched${attempt}`,
    ...(run?.nextAttemptAt == null ? {} : { nextAt: run.nextAttemptAt }),
  };
}

const ENDS = {
  finished: "Its run ended, and it with it.",
  released: "It gave its run back in order.",
  lost: "It was lost, and its run taken from it.",
  silent: "It held no run and was not heard of for an hour.",
} as const;

function explainEnd({ endKind, endMessage, run }: Runner): Why {
  const isLost = endKind === "lost";
  return {
    ...{ tone: isLost ? "bad" : "quiet", title: isLost ? "It was lost" : "It has ended", doc: "what-a-runner-is" },
    rule: endKind === null ? "It is gone." : ENDS[endKind],
    next: run === null ? "Nothing follows." : `Nothing follows for it; its run is ${run.status}.`,
    ...(endMessage === null ? {} : { message: endMessage }),
  };
}

/** What an order brings, in the terms of who gives it: what it costs, and which turns. */
export function consequenceOf(runner: Runner, action: Exclude<RunnerAction, "resume">): string {
  const { run, beatMs, job } = runner;
  if (run === null || !run.isHeld) {
    return action === "drain"
      ? "It has no run: it claims none until it is resumed."
      : "Its run has ended or gone on: nothing of it is lost. Its process is ended with all that it started.";
  }
  if (action === "drain") return drainOf(run, beatMs);
  const what =
    action === "kill"
      ? "Its process is ended now, with all that its agent has started. Once it is gone "
      : job === null
        ? "From now on nothing that it sends is taken, and its agent reaches no model. It has until its lease ends to end its agent; then "
        : "From now on nothing that it sends is taken, and its agent reaches no model. Its process is ended, and then ";
  return `${what}${recoveryOf(run)}.`;
}

function drainOf({ turns }: RunOf, beatMs: number): string {
  const waiting =
    turns.waiting > 0
      ? `${formatPlural(turns.waiting, "turn")} that wait${turns.waiting === 1 ? "s" : ""} are given to another runner`
      : "the next message gets a new runner";
  return turns.running > 0
    ? `It finishes the turn under way, takes nothing more and ends; ${waiting}. Until it has ended this can be taken back.`
    : `Nothing is under way: it ends with its next beat, within ${formatDuration(beatMs)}; ${waiting}.`;
}
