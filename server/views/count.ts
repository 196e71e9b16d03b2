import { sql } from "drizzle-orm";
import { ListApprovalsInput } from "@/contract/approval";
import { ListAuditInput } from "@/contract/audit";
import type { Page } from "@/contract/page";
import { APPROVAL_QUERY, approvalsFilter } from "@/contract/query/approvals";
import { asViewed } from "@/contract/query/arrangement";
import { AUDIT_QUERY, auditInput } from "@/contract/query/audit";
import type { Filter, QueryPage } from "@/contract/query/page";
import { readQuery } from "@/contract/query/read";
import { RUNNER_QUERY, runnersInput } from "@/contract/query/runners";
import { RUN_QUERY, runsInput } from "@/contract/query/runs";
import { SESSION_QUERY, sessionsInput } from "@/contract/query/sessions";
import { STORAGE_QUERY, storageInput } from "@/contract/query/storage";
import { TASK_QUERY, tasksInput } from "@/contract/query/tasks";
import { ListTasksInput } from "@/contract/queue";
import { ListRunsInput } from "@/contract/run";
import { ListRunnersInput } from "@/contract/runner";
import { ListSessionsInput } from "@/contract/session";
import { ListStorageInput } from "@/contract/storage";
import type { CountViewsInput, ViewCount } from "@/contract/view";
import { VIEW_COUNT_MAX, VIEWS_MAX, type ViewPage } from "@/contract/words";
import { isOutOfTime } from "@/db/errors";
import type { SavedViewRow } from "@/db/schema";
import { countApprovals } from "@/server/approvals";
import { countAudit } from "@/server/audit-log";
import { hasScope, inTx, type ServiceContext, type TxContext } from "@/server/context";
import type { Counted } from "@/server/pagination";
import { countTasks } from "@/server/queue";
import { isReadersOwn } from "@/server/readers-filter";
import { countRunnersListed } from "@/server/runners";
import { countRuns } from "@/server/runs";
import { countSessions } from "@/server/sessions";
import { countStorage } from "@/server/storage";
import { readViewPage } from "./read-page";

/** How long one call may take, whatever it counts: a menu waits for it. */
const BUDGET_MS = 35;
/** With less time than this, no further view is begun. */
const LEAST_MS = 5;
/** Statements that one view takes: one for where the scan ends, one for the count. */
const STATEMENTS_MAX = 2;

type CountText = (ctx: ServiceContext, text: string, readerId: string | undefined) => Promise<Counted> | null;

/**
 * Makes a function that counts the rows of a query by the list's own statement. It returns null if the query is not
 * understood or not accepted.
 */
function counter<Of extends Filter, Input>(
  page: QueryPage<Of>,
  {
    toInput,
    count,
  }: {
    toInput: (filter: Of, readerId: string | undefined) => { success: boolean; data?: Input };
    count: (ctx: ServiceContext, input: Input, max: number) => Promise<Counted>;
  },
): CountText {
  const viewed = asViewed(page);
  return (ctx, text, readerId) => {
    const { filter, problems } = readQuery(viewed, text);
    const input = problems.length > 0 ? undefined : toInput(filter, readerId).data;
    return input === undefined ? null : count(ctx, input, VIEW_COUNT_MAX);
  };
}

const COUNTERS: Record<ViewPage, CountText> = {
  sessions: counter(SESSION_QUERY, {
    toInput: (filter, readerId) => {
      if (isReadersOwn(filter) && readerId === undefined) return { success: false };
      return ListSessionsInput.safeParse(sessionsInput(filter, readerId ?? null));
    },
    count: countSessions,
  }),
  runs: counter(RUN_QUERY, { toInput: (filter) => ListRunsInput.safeParse(runsInput(filter)), count: countRuns }),
  queue: counter(TASK_QUERY, {
    toInput: (filter, readerId) => {
      if (isReadersOwn({ unread: filter.unread }) && readerId === undefined) return { success: false };
      return ListTasksInput.safeParse(tasksInput(filter, readerId ?? null));
    },
    count: countTasks,
  }),
  approvals: counter(APPROVAL_QUERY, {
    toInput: (filter) => ListApprovalsInput.safeParse(approvalsFilter(filter)),
    count: countApprovals,
  }),
  runners: counter(RUNNER_QUERY, {
    toInput: (filter) => ListRunnersInput.safeParse(runnersInput(filter)),
    count: countRunnersListed,
  }),
  audit: counter(AUDIT_QUERY, { toInput: (filter) => ListAuditInput.safeParse(auditInput(filter)), count: countAudit }),
  storage: counter(STORAGE_QUERY, {
    toInput: (filter) => ListStorageInput.safeParse(storageInput(filter)),
    count: countStorage,
  }),
};

/** Counts the rows of as many views as there is time for; no view can make the call take longer. */
export async function countViews(
  ctx: ServiceContext,
  input: CountViewsInput,
  budgetMs: number = BUDGET_MS,
): Promise<Page<ViewCount>> {
  const endMs = performance.now() + budgetMs;
  const { rows, cursorOf } = await readViewPage(ctx, input, { list: "views.count", max: VIEWS_MAX + 1 });
  const items: ViewCount[] = [];
  const views = rows.slice(0, VIEWS_MAX).map(({ view }) => view);
  await countSome(ctx, { views, items, readerId: input.readerId, endMs });
  const last = items.length < rows.length ? rows[items.length - 1] : undefined;
  return { items, cursor: last === undefined ? null : cursorOf(last) };
}

type Counting = { views: SavedViewRow[]; items: ViewCount[]; readerId: string | undefined; endMs: number };

/** Counts views into `items` until all are counted or the time is up. */
async function countSome(ctx: ServiceContext, { views, items, readerId, endMs }: Counting): Promise<void> {
  try {
    const countAll = async (ctx: TxContext) => {
      for (const view of views.slice(items.length)) {
        const leftMs = Math.floor(endMs - performance.now());
        if (leftMs < LEAST_MS && items.length > 0) return;
        const statementMs = Math.max(LEAST_MS, Math.floor(leftMs / STATEMENTS_MAX));
        await ctx.db.execute(sql`select set_config('statement_timeout', ${`${statementMs}ms`}, true)`);
        // The seven pages have the names of the scopes that their lists need.
        const isOpen = hasScope(ctx.actor, view.page);
        const counted = isOpen ? await COUNTERS[view.page](ctx, view.query, readerId) : null;
        items.push({ viewId: view.id, count: counted?.count ?? null, hasMore: counted?.hasMore ?? false });
      }
    };
    await inTx(ctx, countAll, { keepsPlans: false });
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    const [first] = views;
    // This view had all the time there is and was still not counted, so it never will be.
    if (first !== undefined && items.length === 0) items.push({ viewId: first.id, count: null, hasMore: false });
  }
}
