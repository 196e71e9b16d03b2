import { asc, desc, sql } from "drizzle-orm";
import type { QueueScopeInput, QueueTask } from "@/contract/queue";
import type { QueueCommander, QueueThroughput, TaskLine } from "@/contract/queue-commander";
import {
  type LineRow,
  type Place,
  readActiveLines,
  readOldest,
  readThroughput,
  readWaits,
  type Sight,
  topTaskIds,
} from "@/db/queries/queue-commander";
import type { TaskCount } from "@/db/queries/queue-counts";
import { queueTasks } from "@/db/schema";
import { type ServiceContext, tenantAsked } from "@/server/context";
import { listAttention } from "./attention";
import { countTasks, statsOf } from "./stats";
import { toTask } from "./task";

const TOP_TASKS = 20;
const ACTIVE_MAX = 50;
const STARTS_MAX = 200;
const THROUGHPUT_MINUTES = 5;
/** No tenant has this name. */
const NOBODY = "";

/** One queue, or all, at a glance: counts, what needs a person, what comes first, what runs, and how fast it goes. */
export async function queueCommander(ctx: ServiceContext, input: QueueScopeInput): Promise<QueueCommander> {
  const counts = await countTasks(ctx, input);
  const stats = statsOf(input, counts);
  const whose = tenantAsked(ctx, input.tenantId) ?? { tenantId: NOBODY };
  const asked = { ...whose, projectId: input.projectId, queue: input.queue };
  const all: Sight = { ...asked, places: placesOf(counts) };
  const waiting: Sight = { ...asked, places: placesOf(counts, "pending") };
  const [items, waits, throughput, oldest, attention, active] = await Promise.all([
    readTop(ctx, all),
    readWaits(ctx.db, all, STARTS_MAX),
    perMinute(ctx, all),
    readOldest(ctx.db, waiting),
    listAttention(ctx, waiting, placesOf(counts, "failed")),
    readActiveLines(ctx.db, all, ACTIVE_MAX),
  ]);
  return {
    ...{ queue: stats.queue, stats, items, throughput, oldest: oldest && toLine(oldest), ...attention },
    ...{ waits: { ...waits, p50Ms: whole(waits.p50Ms), p95Ms: whole(waits.p95Ms) } },
    ...{
      active: active.map(({ times, ...row }) => toLine({ ...row, sinceMs: firstTime(times) ?? row.sinceMs })),
      generatedAt: stats.generatedAt,
    },
  };
}

/** The queues that hold tasks, or tasks of a state. */
function placesOf(counts: TaskCount[], state?: TaskCount["state"]): Place[] {
  const places = new Map<string, Place>();
  for (const { tenantId, queue, state: counted } of counts) {
    if (state === undefined || state === counted) places.set(JSON.stringify([tenantId, queue]), { tenantId, queue });
  }
  return [...places.values()];
}

async function readTop(ctx: ServiceContext, sight: Sight): Promise<QueueTask[]> {
  const rows = await ctx.db
    .select()
    .from(queueTasks)
    .where(sql`${queueTasks.id} = any(array(${topTaskIds(sight, TOP_TASKS)}))`)
    .orderBy(desc(queueTasks.priority), asc(queueTasks.createdAt), asc(queueTasks.id))
    // Planned once for each of the few texts that it has.
    .prepare(`agentrun-top-${sight.tenantId !== null}-${sight.projectId !== undefined}-${sight.queue !== undefined}`)
    .execute();
  return rows.map(toTask);
}

async function perMinute(ctx: ServiceContext, sight: Sight): Promise<QueueThroughput> {
  const { minutes, ...counted } = await readThroughput(ctx.db, sight, THROUGHPUT_MINUTES);
  const rate = (count: number) => Math.round((count / minutes) * 100) / 100;
  return {
    minutes: THROUGHPUT_MINUTES,
    ...{ started: rate(counted.started), completed: rate(counted.completed), failed: rate(counted.failed) },
  };
}

function toLine({ sinceMs, ...line }: LineRow): TaskLine {
  return { ...line, since: new Date(sinceMs).toISOString() };
}

/** The first that is an instant. */
function firstTime(times: string[]): number | undefined {
  return times.map((time) => Date.parse(time)).find((ms) => !Number.isNaN(ms));
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
