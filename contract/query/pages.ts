import type { ViewPage } from "@/contract/words";
import { APPROVAL_QUERY } from "./approvals";
import { AUDIT_QUERY } from "./audit";
import type { QueryPage } from "./page";
import { RUNNER_QUERY } from "./runners";
import { RUN_QUERY } from "./runs";
import { SESSION_QUERY } from "./sessions";
import { STORAGE_QUERY } from "./storage";
import { TASK_QUERY } from "./tasks";

/** The query keys of each list. */
export const QUERY_PAGES = {
  sessions: SESSION_QUERY,
  runs: RUN_QUERY,
  queue: TASK_QUERY,
  approvals: APPROVAL_QUERY,
  runners: RUNNER_QUERY,
  audit: AUDIT_QUERY,
  storage: STORAGE_QUERY,
} satisfies Record<ViewPage, unknown>;

/** Returns a list's registry, for code that does not depend on the list. */
export function queryPage(page: ViewPage): QueryPage {
  return QUERY_PAGES[page] as unknown as QueryPage;
}
