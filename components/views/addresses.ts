import { createSerializer } from "nuqs/server";
import { APPROVAL_FILTERS } from "@/components/approvals/filter";
import { ARRANGEMENT } from "@/components/arrange/address";
import { AUDIT_FILTERS } from "@/components/audit/filter";
import { QUEUE_FILTERS } from "@/components/queue/filter";
import { RUNNER_FILTERS } from "@/components/runners/filter";
import { RUN_FILTERS } from "@/components/runs/filter";
import { SESSION_FILTERS } from "@/components/sessions/filter";
import { STORAGE_FILTERS } from "@/components/storage/filter";
import { APPROVAL_QUERY } from "@/contract/query/approvals";
import { asViewed } from "@/contract/query/arrangement";
import { AUDIT_QUERY } from "@/contract/query/audit";
import type { Filter, QueryPage } from "@/contract/query/page";
import { readQuery } from "@/contract/query/read";
import { RUNNER_QUERY } from "@/contract/query/runners";
import { RUN_QUERY } from "@/contract/query/runs";
import { SESSION_QUERY } from "@/contract/query/sessions";
import { STORAGE_QUERY } from "@/contract/query/storage";
import { TASK_QUERY } from "@/contract/query/tasks";
import type { View } from "@/contract/view";
import type { ViewPage } from "@/contract/words";

const addressOf =
  <Of extends Filter>(page: QueryPage<Of>, serialize: (base: string, filter: Of) => string) =>
  (query: string): string | null => {
    const { filter, problems } = readQuery(asViewed(page), query);
    return problems.length > 0 ? null : serialize(`/${page.page}`, filter);
  };

const ADDRESSES: Record<ViewPage, (query: string) => string | null> = {
  sessions: addressOf(SESSION_QUERY, createSerializer({ ...SESSION_FILTERS, ...ARRANGEMENT })),
  runs: addressOf(RUN_QUERY, createSerializer({ ...RUN_FILTERS, ...ARRANGEMENT })),
  queue: addressOf(TASK_QUERY, createSerializer({ ...QUEUE_FILTERS, ...ARRANGEMENT })),
  approvals: addressOf(APPROVAL_QUERY, createSerializer(APPROVAL_FILTERS)),
  runners: addressOf(RUNNER_QUERY, createSerializer(RUNNER_FILTERS)),
  audit: addressOf(AUDIT_QUERY, createSerializer(AUDIT_FILTERS)),
  storage: addressOf(STORAGE_QUERY, createSerializer({ ...STORAGE_FILTERS, ...ARRANGEMENT })),
};

/** Where a view is shown; null where its query is not understood any more. */
export function viewAddress({ page, query }: Pick<View, "page" | "query">): string | null {
  return ADDRESSES[page](query);
}
