import { failureWords } from "@/contract/failure-words";
import { LOOPS } from "@/contract/loops";
import {
  FAILED_SHOWN_MS,
  FLAPPING_ATTEMPTS,
  NEED_COUNT_MAX,
  NEED_KINDS,
  NEEDS_MAX,
  type Need,
  type NeedCount,
  type NeedKind,
  type Overview,
} from "@/contract/overview";
import type { QueueAttention, QueueCommander } from "@/contract/queue-commander";
import { readSchemaAge } from "@/db/queries/database-facts";
import { type NeedRow, type OverviewScope, readNeeds } from "@/db/queries/overview";
import { listPressingBudgets } from "@/server/budgets";
import type { ServiceContext } from "@/server/context";
import { readStoppedLoops } from "@/server/health";
import { countedFrom } from "@/server/pagination";
import { listFailingSchedules } from "@/server/schedules";
import { listGcHistory } from "@/server/storage";
import { listDisabledWebhooks, listFailingWebhooks } from "@/server/webhooks";

const EACH_MAX = 20;
/** How long to wait for a worker that is starting before it counts as missing, in milliseconds. */
const WORKER_GRACE_MS = 30_000;
const OF_NO_OBJECT = { budgetId: null, scheduleId: null, webhookId: null };
const OF_NOTHING = {
  title: null,
  tenantId: null,
  approvalId: null,
  runId: null,
  sessionId: null,
  taskId: null,
  ...OF_NO_OBJECT,
  queue: null,
  lane: null,
};

type Needs = Pick<Overview, "needs" | "needCounts">;
type OfQueue = Pick<QueueCommander, "attention" | "attentionCounts">;
export type FoundNeeds = { needs: Need[]; counts: NeedCount[] };

/**
 * Finds what needs a person besides the queue: the first of each kind, and how many there are. `readerId`: the person
 * whose unread failures count.
 */
export async function findNeeds(
  ctx: ServiceContext,
  scope: OverviewScope,
  readerId: string | undefined,
): Promise<FoundNeeds[]> {
  return Promise.all([
    readListed(ctx, scope, readerId),
    gcStopped(ctx).then(all),
    loopsStopped(ctx).then(all),
    webhooksDisabled(ctx, scope).then(all),
    webhooksFailing(ctx, scope).then(all),
    schedulesFailing(ctx, scope).then(all),
    budgetsPressing(ctx, scope, "reached").then(all),
    budgetsPressing(ctx, scope, "near").then(all),
  ]);
}

/**
 * Ranks what continues, or is noticed, only when a person acts: the most pressing kind first, then the oldest. The
 * first of each kind are listed, and all are counted.
 */
export function rankNeeds(found: FoundNeeds[], queue: OfQueue): Needs {
  // An approval is listed once, whether it belongs to a task or not.
  const ofTasks: FoundNeeds = {
    needs: queue.attention.filter(({ kind }) => kind !== "approval").map(ofQueue),
    counts: queue.attentionCounts.filter(({ kind }) => kind !== "approval"),
  };
  const otherNeeds = found.map((one) => withoutSessionsOf(ofTasks.needs, one));
  const rank = ({ kind }: Pick<Need, "kind">) => NEED_KINDS.indexOf(kind);
  return {
    needs: [...otherNeeds, ofTasks]
      .flatMap(({ needs }) => needs)
      .sort((left, right) => rank(left) - rank(right) || (left.since < right.since ? -1 : 1))
      .slice(0, NEEDS_MAX),
    needCounts: [...otherNeeds, ofTasks]
      .flatMap(({ counts }) => counts.filter(({ count }) => count > 0))
      .sort((left, right) => rank(left) - rank(right)),
  };
}

/** A failed session is left out where its task is told of. */
function withoutSessionsOf(tasks: readonly Need[], { needs, counts }: FoundNeeds): FoundNeeds {
  const taskSessionIds = new Set(
    tasks.flatMap(({ kind, sessionId }) =>
      (kind === "dead-letter" || kind === "dependency-failed") && sessionId !== null ? [sessionId] : [],
    ),
  );
  const isTold = ({ kind, sessionId }: Need) =>
    kind === "failed-session" && sessionId !== null && taskSessionIds.has(sessionId);
  const remaining = needs.filter((need) => !isTold(need));
  const dropped = needs.length - remaining.length;
  if (dropped === 0) return { needs, counts };
  return {
    needs: remaining,
    counts: counts.map((one) => (one.kind === "failed-session" ? { ...one, count: one.count - dropped } : one)),
  };
}

async function readListed(
  ctx: ServiceContext,
  scope: OverviewScope,
  readerId: string | undefined,
): Promise<FoundNeeds> {
  const firsts = await readNeeds(ctx.db, scope, readerId, {
    shownMax: EACH_MAX,
    countMax: NEED_COUNT_MAX,
    flappingAttempts: FLAPPING_ATTEMPTS,
    stuckAfterMs: ctx.settings.stuckAfterMs,
    failedWithinMs: FAILED_SHOWN_MS,
  });
  return {
    needs: firsts.flatMap(({ kind, rows }) => rows.map((row) => toNeed(kind, row))),
    counts: firsts.map(({ rows: _rows, ...counted }) => counted),
  };
}

/** Needs of one kind, read up to one more than is counted. */
function all(needs: Need[]): FoundNeeds {
  const [first] = needs;
  const counts = first === undefined ? [] : [{ kind: first.kind, ...countedFrom(needs.length, NEED_COUNT_MAX, false) }];
  return { needs: needs.slice(0, EACH_MAX), counts };
}

function toNeed(kind: NeedKind, row: NeedRow): Need {
  const { sinceMs, detail, ...rest } = row;
  return {
    kind,
    ...rest,
    ...OF_NO_OBJECT,
    queue: null,
    lane: null,
    message: messageOf(kind, detail),
    since: new Date(sinceMs).toISOString(),
  };
}

function messageOf(kind: NeedKind, detail: string | null): string {
  switch (kind) {
    case "approval":
      return `the agent asks to run ${detail}`;
    case "fencing":
      return `runner ${detail ?? ""} was given up and nobody can confirm that it has ended: check it, or force its release`;
    case "stuck":
      return "the turn has produced no output for a long time: open it, steer it or interrupt it";
    case "flapping":
      return `the runner ended ${detail} times without finishing: check why`;
    case "volume-full":
      return `the volume is ${detail}% full: free some space in a turn, or continue in a session with a larger volume`;
    default:
      return detail === null ? "the last turn failed" : `the last turn failed: ${failureWords(detail)}`;
  }
}

function ofQueue({ tenantId, ...item }: QueueAttention): Need {
  return { ...item, ...OF_NO_OBJECT, tenantId: tenantId === "*" ? null : tenantId };
}

/** Whether somebody stopped the clean-up, or its last look was kept from collecting. */
async function gcStopped(ctx: ServiceContext): Promise<Need[]> {
  const {
    items: [last],
    schedule: { pause },
  } = await listGcHistory(ctx, { limit: 1 });
  if (pause !== null) {
    const message = `volume clean-up was paused by ${pause.by.replace(/^operator:/, "")}: ${pause.reason}`;
    return [{ ...OF_NOTHING, kind: "gc-stopped", message, since: pause.at }];
  }
  // A pause that has ended stays the last entry until the next collection.
  if (!last || last.breaker === null || last.breaker.startsWith("gc-paused")) return [];
  return [
    {
      ...OF_NOTHING,
      kind: "gc-stopped",
      message: `volume clean-up has stopped: ${last.breaker}`,
      since: last.at,
    },
  ];
}

/** Finds loops that have stopped: without a worker nothing is started, ended or cleaned up. */
async function loopsStopped(ctx: ServiceContext): Promise<Need[]> {
  const { loops, worker } = await readStoppedLoops(ctx);
  if (loops.length === 0) return [];
  const schema = await readSchemaAge(ctx.db);
  const since = worker.seenAt ?? new Date(schema.appliedAtMs).toISOString();
  if (worker.isAway) {
    if (schema.nowMs - Date.parse(since) < WORKER_GRACE_MS) return [];
    const message =
      "no worker is running, so no run starts, no task is dispatched and nothing is cleaned up: start it, or check its log";
    return [{ ...OF_NOTHING, kind: "worker-away", message, since }];
  }
  return loops.map((loop) => ({
    ...OF_NOTHING,
    kind: "loop-stopped",
    message: `${loop.name}, which ${LOOPS[loop.name].does}, ${STOPPED[loop.state]}${loop.failure === null ? "" : `: ${loop.failure}`}`,
    since: loop.passedAt ?? loop.notedAt ?? since,
  }));
}

const STOPPED = { good: "is healthy", away: "is not running", failing: "keeps failing", late: "is overdue" };

/** Finds webhooks that no person disabled: their receivers get no messages. Only administrators can fix them. */
async function webhooksDisabled(ctx: ServiceContext, { tenantId }: OverviewScope): Promise<Need[]> {
  if (ctx.actor.kind === "operator" && ctx.actor.role !== "admin") return [];
  const disabled = await listDisabledWebhooks(ctx, { tenantId, max: NEED_COUNT_MAX + 1 });
  return disabled.map(({ id, name, since, disabledReason, ...of }) => ({
    ...OF_NOTHING,
    kind: "webhook-disabled" as const,
    title: name,
    tenantId: of.tenantId,
    since,
    webhookId: id,
    message: `nothing is delivered any more: ${disabledReason}; fix the receiver, then enable the webhook`,
  }));
}

/** Finds webhooks whose receivers get no messages and that are about to be disabled for it. */
async function webhooksFailing(ctx: ServiceContext, { tenantId }: OverviewScope): Promise<Need[]> {
  if (ctx.actor.kind === "operator" && ctx.actor.role !== "admin") return [];
  const failing = await listFailingWebhooks(ctx, { tenantId, max: NEED_COUNT_MAX + 1 });
  return failing.map(({ id, name, since, ...of }) => ({
    ...OF_NOTHING,
    kind: "webhook-failing" as const,
    title: name,
    tenantId: of.tenantId,
    since,
    webhookId: id,
    message: "every delivery fails: fix the receiver, or the webhook is disabled after a day of it",
  }));
}

/**
 * Finds schedules whose last time brought no task, so that some work was not done. One drained queue may cause many.
 */
async function schedulesFailing(ctx: ServiceContext, scope: OverviewScope): Promise<Need[]> {
  const failing = await listFailingSchedules(ctx, { ...scope, max: NEED_COUNT_MAX + 1 });
  return failing.map(({ id, name, message, since, tenantId }) => ({
    ...OF_NOTHING,
    kind: "schedule-failing" as const,
    title: name,
    tenantId,
    since,
    scheduleId: id,
    message: `the last run added no task: ${message}; edit the schedule, or run it now`,
  }));
}

/** Budgets that hold what they bound until somebody raises them, and those that soon will. */
async function budgetsPressing(ctx: ServiceContext, scope: OverviewScope, state: "near" | "reached"): Promise<Need[]> {
  const pressing = await listPressingBudgets(ctx, { ...scope, state, max: NEED_COUNT_MAX + 1 });
  return pressing.map(({ id, name, tenantId, sessionId, since, spent, limit, unit, isHeld }) => {
    const by = sessionId === null ? "" : ` by session ${sessionId}`;
    const until = sessionId === null ? "you raise it or its period ends" : "you raise it";
    const held = isHeld ? `; agents under it wait until ${until}` : "";
    const of = {
      ...OF_NOTHING,
      kind: `budget-${state}` as const,
      title: name,
      tenantId,
      sessionId,
      since,
      budgetId: id,
    };
    return {
      ...of,
      message: `${spent.toLocaleString("en")} of ${limit.toLocaleString("en")} ${unit} used${by}${held}`,
    };
  });
}
