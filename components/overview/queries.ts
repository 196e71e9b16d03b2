import type { Api } from "@/components/trpc/lists";

const SHOWN = 5;
/** What time alone changes is asked for. */
const LOOK_MS = 10_000;

/** What the overview asks for beside its figures; prefetch and hooks share it. */
export const OVERVIEW_QUERIES = (readerId: string) =>
  ({
    approvals: { status: "pending", sort: "oldest", limit: SHOWN },
    running: { state: "running", readerId, limit: SHOWN },
    unread: { state: "unread", readerId, limit: SHOWN },
    /** Whether there is any session at all. */
    any: { state: "all", limit: 1 },
  }) as const;

export const overviewOf = (api: Api, readerId: string) =>
  api.overview.get.queryOptions({ readerId }, { refetchInterval: LOOK_MS });
