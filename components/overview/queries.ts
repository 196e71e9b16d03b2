const SHOWN = 5;

/** What the overview asks for; prefetch and hooks share it. */
export const OVERVIEW_QUERIES = (readerId: string) =>
  ({
    approvals: { status: "pending", limit: SHOWN },
    running: { state: "running", readerId, limit: SHOWN },
    unread: { state: "unread", readerId, limit: SHOWN },
    failed: { status: "failed", limit: SHOWN },
  }) as const;
