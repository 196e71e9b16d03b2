import type { Tone } from "@/components/ui/state";
import type { JobContainer } from "@/contract/run-job";
import type { RunJobSource } from "@/contract/words";

/** A state of the console's own by which something is shown, and how it is to be taken. */
type StateLook = { state: string; tone: Tone };

export const SOURCE_LOOK: Record<RunJobSource, StateLook> = {
  live: { state: "live", tone: "good" },
  kept: { state: "ended", tone: "quiet" },
  gone: { state: "evicted", tone: "warn" },
  none: { state: "none", tone: "quiet" },
};

export const SOURCE_WORDS: Record<RunJobSource, string> = {
  live: "Live",
  kept: "Saved",
  gone: "Not found",
  none: "None",
};

const PHASES: Record<string, StateLook> = {
  Pending: { state: "pending", tone: "quiet" },
  Running: { state: "running", tone: "busy" },
  Succeeded: { state: "completed", tone: "good" },
  Failed: { state: "failed", tone: "bad" },
};

export function phaseLook(phase: string): StateLook {
  return PHASES[phase] ?? { state: phase, tone: "warn" };
}

/** How something ended, by its exit code. */
export function endLook(exitCode: number | null): StateLook {
  return exitCode === 0 ? { state: "completed", tone: "good" } : { state: "failed", tone: "bad" };
}

/** Reasons for which a container waits that are nothing to worry about. */
const NORMAL_WAIT_REASONS = new Set(["PodInitializing", "ContainerCreating"]);

export function containerLook({
  state,
  reason,
  exitCode,
}: Pick<JobContainer, "state" | "reason" | "exitCode">): StateLook {
  if (state === "terminated") return endLook(exitCode);
  if (state === "running") return { state: "running", tone: "busy" };
  if (state === "unknown") return { state: "none", tone: "quiet" };
  return { state: "waiting", tone: reason !== null && !NORMAL_WAIT_REASONS.has(reason) ? "warn" : "quiet" };
}

export function eventLook(type: string): StateLook {
  return type === "Normal" ? { state: "live", tone: "quiet" } : { state: "expired", tone: "warn" };
}
