import { formatPlural } from "@/components/ui/format";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { type RunOf, recoveryOf } from "./explain";
import { heartbeatIntervalWords } from "./heartbeats";

/** What an order brings, in the terms of who gives it: what it costs, and which turns. */
export function consequenceOf(runner: Runner, action: Exclude<RunnerAction, "resume">): string {
  const { run, beatMs, job } = runner;
  if (run === null || !run.isHeld) {
    return action === "drain"
      ? "The runner has no run. It claims none until it is resumed."
      : "Its run has ended or continued elsewhere, so no work is lost. Its process and everything it started are stopped.";
  }
  if (action === "drain") return drainOf(run, beatMs);
  const what =
    action === "kill"
      ? "Its process and everything its agent started are stopped now. Once it is gone, "
      : job === null
        ? "From now on nothing that it sends is accepted, and its agent cannot reach a model. It has until its lease ends to stop its agent; then "
        : "From now on nothing that it sends is accepted, and its agent cannot reach a model. Its process is stopped, and then ";
  return `${what}${recoveryOf(run)}.`;
}

function drainOf({ turns }: RunOf, beatMs: number): string {
  const waiting =
    turns.waiting > 0
      ? `another runner takes ${formatPlural(turns.waiting, "queued turn")}`
      : "the next message gets a new runner";
  return turns.running > 0
    ? `The runner finishes its current turn and ends; ${waiting}. You can resume it until then.`
    : `The runner is idle and ends at its next heartbeat, within ${heartbeatIntervalWords(beatMs)}; ${waiting}.`;
}
