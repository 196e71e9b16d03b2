import { auditListAddress } from "@/components/audit/filter";
import { queueAddress } from "@/components/queue/filter";
import { runsAddress } from "@/components/runs/filter";
import { sessionsAddress } from "@/components/sessions/filter";
import { storageListAddress } from "@/components/storage/filter";
import { AUDIT_QUERY } from "@/contract/query/audit";
import { type Filter, type QueryPage, readQuery } from "@/contract/query/page";
import { RUN_QUERY } from "@/contract/query/runs";
import { SESSION_QUERY } from "@/contract/query/sessions";
import { STORAGE_QUERY } from "@/contract/query/storage";
import { TASK_QUERY } from "@/contract/query/tasks";
import type { View } from "@/contract/view";
import type { ViewPage } from "@/contract/words";

const addressOf =
  <Of extends Filter>(page: QueryPage<Of>, toAddress: (filter: Of) => string) =>
  (query: string): string | null => {
    const { filter, problems } = readQuery(page, query);
    return problems.length > 0 ? null : toAddress(filter);
  };

const ADDRESSES: Record<ViewPage, (query: string) => string | null> = {
  sessions: addressOf(SESSION_QUERY, sessionsAddress),
  runs: addressOf(RUN_QUERY, runsAddress),
  queue: addressOf(TASK_QUERY, queueAddress),
  audit: addressOf(AUDIT_QUERY, auditListAddress),
  storage: addressOf(STORAGE_QUERY, storageListAddress),
};

/** Where a view is shown; null where its query is not understood any more. */
export function viewAddress({ page, query }: Pick<View, "page" | "query">): string | null {
  return ADDRESSES[page](query);
}
