// The loops that run by themselves, and in which process. No zod here: the console names them too, and must not ship a
// schema library for it.

type LoopFacts = { process: "worker" | "web"; does: string };

export const LOOPS = {
  launcher: { process: "worker", does: "starts runners of runs that wait" },
  dispatcher: { process: "worker", does: "turns tasks into runs" },
  "lease-sweeper": { process: "worker", does: "notices runners that have died" },
  killer: { process: "worker", does: "ends what was told to end" },
  asks: { process: "worker", does: "looks up what is asked of Jobs, pods and their logs" },
  reconciler: { process: "worker", does: "compares what runs with what should" },
  archivers: { process: "worker", does: "archives volumes that no process reaches" },
  "storage-gc": { process: "worker", does: "collects expired volumes" },
  "storage-repair": { process: "worker", does: "finishes what a crash left half-way" },
  "volume-phases": { process: "worker", does: "looks at how volumes are" },
  "queue-counts": { process: "worker", does: "sums up the queue's counts" },
  "queue-expiry": {
    process: "worker",
    does: "ends tasks that waited too long, and lets go what waited for other tasks",
  },
  "queue-minutes": { process: "worker", does: "notes the queue's history" },
  "runner-minutes": { process: "worker", does: "notes the runners' history" },
  bulk: { process: "worker", does: "carries out bulk actions" },
  "bulk-retention": { process: "worker", does: "removes old bulk actions" },
  purge: { process: "worker", does: "removes what was deleted" },
  retention: {
    process: "worker",
    does: "removes runs of sessions that expired long ago, and images that no message shows",
  },
  "archive-retention": { process: "worker", does: "removes old archives" },
  tokens: { process: "worker", does: "removes tokens that have ended" },
  webhooks: { process: "worker", does: "tells other programs what happened" },
  traces: { process: "worker", does: "sends traces of what has ended to a collector" },
  budgets: { process: "worker", does: "notes which budgets are near their limit or have reached it" },
  schedules: { process: "worker", does: "adds the tasks that are due by a schedule" },
  "backend-probes": { process: "web", does: "tries the providers of models" },
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
