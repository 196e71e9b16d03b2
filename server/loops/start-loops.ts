import { removeUnnamed } from "@/server/attachments";
import { endKilled, isWebReady, LeaseSweeper, launchPending, reconcileAttempts, WebContact } from "@/server/attempts";
import { watchBudgets } from "@/server/budgets";
import { removeEndedBulk, runBulkActions } from "@/server/bulk";
import type { ServiceContext } from "@/server/context";
import { indexConversations } from "@/server/conversations";
import { dispatchPass, expireWaiting, settleDependencies } from "@/server/dispatcher";
import type { Executor } from "@/server/executors";
import { removeDeviceSignIns, removeEndedTokens } from "@/server/identity";
import { InspectionResponder } from "@/server/inspection";
import { Leadership } from "@/server/live";
import { foldCounts, recordMinute } from "@/server/queue";
import { expireArchives, type PurgeWalk, purgeDeleted, retireExpired } from "@/server/retention";
import { noteRunnerMinute } from "@/server/runners";
import { fireSchedules } from "@/server/schedules";
import { Archivers, collectGarbage, repairStorage, VolumePhases } from "@/server/storage";
import { stopTraces, TraceExporter, type TraceTarget } from "@/server/traces";
import { WebhookSender } from "@/server/webhooks";
import { type Loop, type LoopDeps, type LoopOptions, startLoop } from "./loop";
import { LoopNotes } from "./notes";

/** An orphan is ended at the second look, within a minute of becoming one. */
const RECONCILE_MS = 20_000;

export type LoopsDeps = Omit<LoopDeps, "leadership" | "notes"> & {
  databaseUrl: string;
  executor: Executor;
  gcIntervalMs: number;
  /** Where traces are sent; null: nowhere. */
  traceTarget: TraceTarget | null;
  contextFor: (loop: string) => ServiceContext;
};

/** Starts the worker's loops. Each is led by one replica at a time, and woken by what it works on. */
export function startLoops(deps: LoopsDeps): { longestPassMs(): number; stop(): Promise<void> } {
  const { live, log } = deps;
  const loops = new Map<string, Loop>();
  const leadership = new Leadership(deps.databaseUrl, log, (name) => loops.get(name)?.wake());
  const notes = new LoopNotes(deps.contextFor("loops"));
  const sender = new WebhookSender({ ctx: deps.contextFor("webhooks") });
  const { traceTarget: target } = deps;
  const tracer = target === null ? null : new TraceExporter({ ctx: deps.contextFor("traces"), target });
  const options = loopOptions(deps, { sweeper: makeSweeper(deps), sender, tracer });
  for (const option of options) loops.set(option.name, startLoop({ live, log, leadership, notes }, option));
  leadership.start(options.map((option) => option.name));
  return {
    longestPassMs: () => notes.longestPassMs(),
    async stop() {
      tracer?.close();
      await Promise.all([...[...loops.values()].map((loop) => loop.stop()), sender.close()]);
      await Promise.all([notes.close(), leadership.close()]);
    },
  };
}

function makeSweeper({ contextFor, executor, log }: LoopsDeps): LeaseSweeper {
  const ctx = contextFor("lease-sweeper");
  const { executor: kind, leaseMs, runnerUrl } = ctx.settings;
  // An installation that starts no runners ends none: an expired lease is only reported.
  if (kind === "none") return new LeaseSweeper({ ctx, executor });
  const monotonicMs = () => performance.now();
  const web = new WebContact({ probe: () => isWebReady(runnerUrl), leaseMs, monotonicMs, log });
  return new LeaseSweeper({ ctx, executor, web, monotonicMs });
}

/** Ends waits where nothing is dispatched. A pass is short, and the next one follows at once where there is more to do. */
function waitsLoop(ctx: ServiceContext): LoopOptions {
  let hasMore = false;
  return {
    name: "queue-expiry",
    intervalMs: 5_000,
    async run() {
      hasMore = await expireWaiting(ctx);
      hasMore = (await settleDependencies(ctx)) || hasMore;
    },
    dueInMs: () => (hasMore ? 0 : null),
  };
}

async function retain({ contextFor, traceTarget }: LoopsDeps): Promise<void> {
  const ctx = contextFor("retention");
  await retireExpired(ctx);
  await removeUnnamed(ctx);
  // Not just once at the start: an older worker that still sends traces would create a position again.
  if (traceTarget === null) await stopTraces(ctx);
}

type SharedServices = { sweeper: LeaseSweeper; sender: WebhookSender; tracer: TraceExporter | null };

function loopOptions(deps: LoopsDeps, { sweeper, sender, tracer }: SharedServices): LoopOptions[] {
  const { contextFor } = deps;
  const purged: PurgeWalk = { after: null };
  const loops: LoopOptions[] = [
    { name: "lease-sweeper", intervalMs: 1_000, run: () => sweeper.sweep() },
    {
      name: "storage-gc",
      intervalMs: deps.gcIntervalMs,
      run: () => collectGarbage(contextFor("storage-gc"), { dryRun: false, limit: 50 }),
    },
    { name: "storage-repair", intervalMs: 30_000, run: () => repairStorage(contextFor("storage-repair")) },
    { name: "purge", intervalMs: 60_000, run: () => purgeDeleted(contextFor("purge"), undefined, purged) },
    { name: "retention", intervalMs: 60_000, run: () => retain(deps) },
    { name: "archive-retention", intervalMs: 600_000, run: () => expireArchives(contextFor("archive-retention")) },
    { name: "queue-counts", intervalMs: 1_000, run: () => foldCounts(contextFor("queue-counts")) },
    // Needed where nothing is dispatched, too.
    waitsLoop(contextFor("queue-expiry")),
    { name: "queue-minutes", intervalMs: 20_000, run: () => recordMinute(contextFor("queue-minutes")) },
    { name: "runner-minutes", intervalMs: 20_000, run: () => noteRunnerMinute(contextFor("runner-minutes")) },
    { name: "bulk-retention", intervalMs: 60_000, run: () => removeEndedBulk(contextFor("bulk-retention")) },
    { name: "bulk", intervalMs: 1_000, wakeOn: ["bulk"], run: () => runBulkActions(contextFor("bulk")) },
    { name: "webhooks", intervalMs: 1_000, wakeOn: ["webhooks"], run: () => sender.pass() },
    { name: "budgets", intervalMs: 5_000, run: () => watchBudgets(contextFor("budgets")) },
    { name: "conversations", intervalMs: 2_000, run: () => indexConversations(contextFor("conversations")) },
    { name: "schedules", intervalMs: 1_000, run: () => fireSchedules(contextFor("schedules")) },
    { name: "tokens", intervalMs: 3_600_000, run: () => removeEnded(contextFor("tokens")) },
  ];
  if (tracer !== null) loops.push({ name: "traces", intervalMs: 2_000, run: () => tracer.pass() });
  return [...loops, ...launchLoops(deps), ...volumeLoops(deps)];
}

/** The loops that give tasks to runners, and start and end these: none where all runners are started by others. */
function launchLoops({ contextFor, executor }: LoopsDeps): LoopOptions[] {
  const launcher = contextFor("launcher");
  if (launcher.settings.executor === "none") return [];
  const launches = { ctx: launcher, executor, attemptsMax: launcher.settings.runnersMax };
  const responder = new InspectionResponder({ ctx: contextFor("asks"), executor });
  const reconciler = { ctx: contextFor("reconciler"), executor };
  return [
    { name: "launcher", intervalMs: 1_000, wakeOn: ["runs"], run: () => launchPending(launches) },
    dispatcherLoop(contextFor("dispatcher")),
    { name: "asks", intervalMs: 1_000, wakeOn: ["asks"], run: () => responder.pass() },
    killerLoop(contextFor("killer"), executor),
    { name: "reconciler", intervalMs: RECONCILE_MS, run: () => reconcileAttempts(reconciler) },
  ];
}

/** The loops for volumes that a cluster keeps. */
function volumeLoops({ contextFor, executor }: LoopsDeps): LoopOptions[] {
  const loops: LoopOptions[] = [];
  const watcher = contextFor("volume-phases");
  // A folder stays as it was made, and its state is read from the folder itself.
  if (watcher.volumes.provider === "kubernetes") {
    const phases = new VolumePhases(watcher);
    loops.push({ name: "volume-phases", intervalMs: 20_000, wakeOn: ["volumes"], run: () => phases.pass() });
  }
  const { launchArchiver } = executor;
  if (launchArchiver !== null) {
    const archivers = new Archivers({ ctx: contextFor("archivers"), launcher: { ...executor, launchArchiver } });
    loops.push({ name: "archivers", intervalMs: 1_000, run: () => archivers.pass() });
  }
  return loops;
}

/** Removes ended tokens and command lines' sign-ins; returns how many. */
async function removeEnded(ctx: ServiceContext): Promise<number> {
  return (await removeEndedTokens(ctx)) + (await removeDeviceSignIns(ctx));
}

/** The dispatcher also runs as soon as a rate lets a lane start that nothing else holds up. */
function dispatcherLoop(ctx: ServiceContext): LoopOptions {
  let dueInMs: number | null = null;
  return {
    name: "dispatcher",
    intervalMs: 1_000,
    wakeOn: ["queue"],
    run: async () => {
      ({ dueInMs } = await dispatchPass(ctx, { runnersMax: ctx.settings.runnersMax }));
    },
    dueInMs: () => dueInMs,
  };
}

/** Each pass continues where the last one ended, so that runners that cannot be ended do not keep others waiting. */
function killerLoop(ctx: ServiceContext, executor: Executor): LoopOptions {
  let lastRunnerId = "";
  return {
    name: "killer",
    intervalMs: 1_000,
    wakeOn: ["runs"],
    run: async () => {
      lastRunnerId = await endKilled({ ctx, executor }, lastRunnerId);
    },
  };
}
