import type { Runner } from "@/contract/runner";
import type { FoundRunner } from "@/db/queries/runner-state";
import type { ServerSettings } from "@/server/context";

type OrderFacts = Pick<FoundRunner, "runner" | "state" | "isHeld" | "run" | "job">;

/**
 * Returns, for each order, why it would be refused now, in words for the person who would give it; null: it would be
 * accepted.
 */
export function refusalsOf(facts: OrderFacts, executor: ServerSettings["executor"]): Runner["refusals"] {
  if (facts.state === "ended") {
    const endedMessage = "It has ended.";
    return { drain: endedMessage, resume: whyNoResume(facts, endedMessage), revoke: endedMessage, kill: endedMessage };
  }
  return {
    drain: whyNoDrain(facts),
    resume: whyNoResume(facts, whyTooLate(facts)),
    revoke: whyNoRevoke(facts),
    kill: whyNoKill(facts, executor),
  };
}

/** Explains why it is too late for any order: the runner has given up its run, or the run is being taken from it. */
function whyTooLate({ state, isHeld, runner }: OrderFacts): string | null {
  if (state === "lost") return "Its run is being taken from it.";
  if (!isHeld && runner.leaseEpoch !== null) return "Its run has ended or gone on: it takes nothing more.";
  return null;
}

/**
 * A runner that no executor started comes back under its name for its next run, and without a resume would be refused
 * every run; so resuming it is never too late.
 */
function whyNoResume({ runner, job }: OrderFacts, tooLate: string | null): string | null {
  if (runner.drain === null) return "It is not being drained.";
  return job === null ? null : tooLate;
}

function whyNoDrain(facts: OrderFacts): string | null {
  return facts.runner.drain === null ? whyTooLate(facts) : "It is being drained already.";
}

function whyNoRevoke({ isHeld, run }: OrderFacts): string | null {
  if (!isHeld) return "It holds no run, and a runner's token is good for nothing else.";
  return run?.leaseState === "fencing" ? "Nothing of it is taken any more: its run is being taken from it." : null;
}

function whyNoKill({ runner, job }: OrderFacts, executor: ServerSettings["executor"]): string | null {
  if (executor === "none")
    return "Runners are started by somebody else here: end it where it runs, or revoke its token.";
  if (runner.kill !== null) return "It is being killed already.";
  const isLive = job !== null && (job.state === "launching" || job.state === "running");
  return isLive ? null : "No process of it is known here: it was started by somebody else, or is gone.";
}
