import type { QueueScopeInput } from "@/contract/queue";
import type { QueueCommander, QueueThroughput, TaskLine } from "@/contract/queue-commander";
import {
  type CommanderScope,
  type LineRow,
  type MinutesRow,
  type QueueRef,
  readPace,
  readTop,
} from "@/db/queries/queue/commander";
import type { TaskCount } from "@/db/queries/queue/counts";
import { type ServiceContext, tenantAsked } from "@/server/context";
import { listAttention } from "./attention";
import { countTasks, statsOf } from "./stats";
import { toTask } from "./task";

const PACE_OPTIONS = { startsMax: 200, minutes: 5, activeMax: 50 };
/** No tenant has this name. */
const NO_TENANT = "";

/** Returns one queue, or all, at a glance: counts, what needs a person, the first tasks, what runs, and the pace. */
export async function queueCommander(ctx: ServiceContext, input: QueueScopeInput): Promise<QueueCommander> {
  const counts = await countTasks(ctx, input);
  const stats = statsOf(input, counts);
  const tenantScope = tenantAsked(ctx, input.tenantId) ?? { tenantId: NO_TENANT };
  const scope = { ...tenantScope, projectId: input.projectId, queue: input.queue };
  const all: CommanderScope = { ...scope, places: queuesWithTasks(counts) };
  const waiting: CommanderScope = { ...scope, places: queuesWithTasks(counts, "pending") };
  const [items, { waits, throughput, oldest, active }, attention] = await Promise.all([
    readTop(ctx.db, all),
    readPace(ctx.db, all, waiting, PACE_OPTIONS),
    listAttention(ctx, waiting, queuesWithTasks(counts, "failed")),
  ]);
  return {
    queue: stats.queue,
    stats,
    items: items.map(toTask),
    ...attention,
    throughput: perMinute(throughput),
    oldest: oldest && toLine(oldest),
    waits: { ...waits, p50Ms: rounded(waits.p50Ms), p95Ms: rounded(waits.p95Ms) },
    active: active.map(({ times, ...row }) => toLine({ ...row, sinceMs: firstValidInstant(times) ?? row.sinceMs })),
    generatedAt: stats.generatedAt,
  };
}

/** Returns the queues that hold tasks, or tasks of one state. */
function queuesWithTasks(counts: TaskCount[], state?: TaskCount["state"]): QueueRef[] {
  const places = new Map<string, QueueRef>();
  for (const { tenantId, queue, state: counted } of counts) {
    if (state === undefined || state === counted) places.set(JSON.stringify([tenantId, queue]), { tenantId, queue });
  }
  return [...places.values()];
}

function perMinute({ minutes, ...counted }: MinutesRow): QueueThroughput {
  const rate = (count: number) => Math.round((count / minutes) * 100) / 100;
  return {
    minutes: PACE_OPTIONS.minutes,
    started: rate(counted.started),
    completed: rate(counted.completed),
    failed: rate(counted.failed),
  };
}

function toLine({ sinceMs, ...line }: LineRow): TaskLine {
  return { ...line, since: new Date(sinceMs).toISOString() };
}

/** Returns the first text that is a valid instant. */
function firstValidInstant(times: string[]): number | undefined {
  return times.map((time) => Date.parse(time)).find((ms) => !Number.isNaN(ms));
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
