import type { Api } from "@/components/trpc/lists";

const ROWS_SHOWN = 5;
/** What time alone changes is asked for. */
const POLL_MS = 10_000;

/** What the overview asks for beside its figures; prefetch and hooks share it. */
export const OVERVIEW_QUERIES = (readerId: string) =>
  ({
    approvals: { status: "pending", sort: "oldest", limit: ROWS_SHOWN },
    running: { state: "running", readerId, limit: ROWS_SHOWN },
    unread: { state: "unread", readerId, limit: ROWS_SHOWN },
    /** Whether there is any session at all. */
    any: { state: "all", limit: 1 },
  }) as const;

export const overviewOf = (api: Api, readerId: string) =>
  api.overview.get.queryOptions({ readerId }, { refetchInterval: POLL_MS });

const ACTIONS_SHOWN = 8;
const ACTIONS_POLL_MS = 30_000;

/** What people did last. */
export const operatorActions = (api: Api) =>
  api.audit.list.queryOptions(
    { callerKind: "operator", limit: ACTIONS_SHOWN },
    { refetchInterval: ACTIONS_POLL_MS, placeholderData: (data) => data },
  );

/** Totals read every volume's row. */
const VOLUMES_POLL_MS = 60_000;

/** How much all volumes hold, which comes with the first page of their list. */
export const volumeTotals = (api: Api) =>
  api.storage.list.queryOptions({ storageKind: "pvc", limit: 1 }, { refetchInterval: VOLUMES_POLL_MS });
