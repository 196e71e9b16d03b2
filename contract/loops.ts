// The loops that run by themselves, and in which process. No zod here: the console names them too, and must not ship a
// schema library for it.

type LoopFacts = { process: "worker" | "web"; does: string };

export const LOOPS = {
  launcher: { process: "worker", does: "starts runners for waiting runs" },
  dispatcher: { process: "worker", does: "turns tasks into runs" },
  "lease-sweeper": { process: "worker", does: "detects runners that have died" },
  killer: { process: "worker", does: "stops cancelled runners" },
  asks: { process: "worker", does: "fetches Job, pod and log details on request" },
  reconciler: { process: "worker", does: "reconciles running processes with the expected state" },
  archivers: { process: "worker", does: "archives volumes that aren't attached to a process" },
  "storage-gc": { process: "worker", does: "evicts expired volumes" },
  "storage-repair": { process: "worker", does: "completes work interrupted by a crash" },
  "volume-phases": { process: "worker", does: "tracks the phase of volumes" },
  "queue-counts": { process: "worker", does: "aggregates queue counts" },
  "queue-expiry": {
    process: "worker",
    does: "expires overdue tasks and releases tasks whose dependencies are done",
  },
  "queue-minutes": { process: "worker", does: "records queue history" },
  "runner-minutes": { process: "worker", does: "records runner history" },
  bulk: { process: "worker", does: "carries out bulk actions" },
  "bulk-retention": { process: "worker", does: "removes old bulk actions" },
  purge: { process: "worker", does: "purges deleted records" },
  retention: {
    process: "worker",
    does: "removes runs of long-expired sessions and unused images",
  },
  "archive-retention": { process: "worker", does: "removes old archives" },
  tokens: { process: "worker", does: "removes expired tokens" },
  webhooks: { process: "worker", does: "delivers webhooks" },
  traces: { process: "worker", does: "exports traces to a collector" },
  budgets: { process: "worker", does: "tracks budgets near or over their limit" },
  conversations: { process: "worker", does: "indexes conversations for search" },
  schedules: { process: "worker", does: "adds tasks from schedules" },
  "backend-probes": { process: "web", does: "probes model providers" },
} as const satisfies Record<string, LoopFacts>;

export type LoopName = keyof typeof LOOPS;
export const LOOP_NAMES = Object.keys(LOOPS) as [LoopName, ...LoopName[]];

/** Loops that run only where an executor starts runners. */
const OF_EXECUTORS: readonly LoopName[] = ["launcher", "dispatcher", "asks", "killer", "reconciler"];

/** Returns the loops that run with an executor and a kind of volume. */
export function loopsOf(executor: string, volumes: string): LoopName[] {
  return LOOP_NAMES.filter((name) => {
    // Only where a collector is configured, which only the worker knows: the loop is shown where it has been noted.
    if (name === "traces") return false;
    if (name === "archivers") return executor === "kubernetes";
    if (name === "volume-phases") return volumes === "kubernetes";
    return executor !== "none" || !OF_EXECUTORS.includes(name);
  });
}
