import type { BulkKind } from "@/contract/words";

/** The lists that an action on many changes. A session's storage is another list of it. */
export const CHANGED_LISTS: Record<BulkKind, ("queue" | "runs" | "approvals" | "sessions" | "storage" | "runners")[]> =
  {
    task: ["queue"],
    run: ["runs"],
    approval: ["approvals"],
    session: ["sessions", "storage"],
    volume: ["sessions", "storage"],
    runner: ["runners"],
  };
