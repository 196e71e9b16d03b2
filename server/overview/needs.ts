import {
  FAILED_SHOWN_MS,
  FLAPPING_ATTEMPTS,
  NEED_KINDS,
  NEEDS_MAX,
  type Need,
  type NeedKind,
} from "@/contract/overview";
import type { QueueAttention } from "@/contract/queue-commander";
import {
  type NeedRow,
  type OverviewScope,
  readFailedUnread,
  readFencing,
  readFlapping,
  readOpenApprovals,
  readStuck,
} from "@/db/queries/overview";
import type { ServiceContext } from "@/server/context";
import { listGcHistory } from "@/server/storage";

const EACH_MAX = 20;

/** What goes on, or is known of, only when a person does something: the most pressing kind first, then the oldest. */
export async function listNeeds(
  ctx: ServiceContext,
  scope: OverviewScope,
  { readerId, queue }: { readerId: string | undefined; queue: QueueAttention[] },
): Promise<Need[]> {
  const [approvals, fencing, stuck, flapping, failed, gc] = await Promise.all([
    readOpenApprovals(ctx.db, scope, EACH_MAX),
    readFencing(ctx.db, scope, EACH_MAX),
    readStuck(ctx.db, scope, { afterMs: ctx.settings.stuckAfterMs, max: EACH_MAX }),
    readFlapping(ctx.db, scope, { attempts: FLAPPING_ATTEMPTS, max: EACH_MAX }),
    readerId === undefined
      ? []
      : readFailedUnread(ctx.db, scope, { readerId, withinMs: FAILED_SHOWN_MS, max: EACH_MAX }),
    gcStopped(ctx),
  ]);
  const needs = [
    ...approvals.map((row) => toNeed("approval", row)),
    ...fencing.map((row) => toNeed("fencing", row)),
    ...stuck.map((row) => toNeed("stuck", row)),
    ...flapping.map((row) => toNeed("flapping", row)),
    // An approval is told of once, whether a task is behind it or not.
    ...queue.filter(({ kind }) => kind !== "approval").map(ofQueue),
    ...failed.map((row) => toNeed("failed-session", row)),
    ...gc,
  ];
  const rank = ({ kind }: Need) => NEED_KINDS.indexOf(kind);
  return needs
    .sort((left, right) => rank(left) - rank(right) || (left.since < right.since ? -1 : 1))
    .slice(0, NEEDS_MAX);
}

function toNeed(kind: NeedKind, row: NeedRow): Need {
  const { sinceMs, detail, ...rest } = row;
  return {
    ...{ kind, ...rest, queue: null, lane: null },
    message: wordsOf(kind, detail),
    since: new Date(sinceMs).toISOString(),
  };
}

function wordsOf(kind: NeedKind, detail: string | null): string {
  switch (kind) {
    case "approval":
      return `its agent asks whether it may: ${detail}`;
    case "fencing":
      return `its runner ${detail ?? ""} is to be ended and is not known to be gone: look, or force its release`;
    case "stuck":
      return "its turn is under way and has said nothing for long: look, steer it, or interrupt it";
    case "flapping":
      return `it has lost its runner again and again and is at attempt ${detail}: look why they end`;
    default:
      return detail === null ? "its last turn failed" : `its last turn failed: ${detail}`;
  }
}

function ofQueue({ tenantId, ...item }: QueueAttention): Need {
  return { ...item, tenantId: tenantId === "*" ? null : tenantId };
}

/** Whether the last look of the clean-up was kept from collecting. */
async function gcStopped(ctx: ServiceContext): Promise<Need[]> {
  const [last] = (await listGcHistory(ctx, { limit: 1 })).items;
  if (!last || last.breaker === null) return [];
  return [
    {
      ...{
        kind: "gc-stopped",
        title: null,
        message: `the clean-up of volumes is stopped: ${last.breaker}`,
        since: last.at,
      },
      ...{ tenantId: null, approvalId: null, runId: null, sessionId: null, taskId: null, queue: null, lane: null },
    },
  ];
}
