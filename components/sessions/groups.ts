import { byGivenOrder, type Grouping } from "@/components/arrange/groups";
import type { SessionGroup } from "@/contract/query/sessions";
import type { SessionSummary } from "@/contract/session";
import { explainSession } from "./session-state";

/** What needs a person first, then what goes on, then what has ended. */
const STATES = ["needs approval", "silent", "running", "failed", "idle", "completed", "cancelled", "evicted"];
const wordOf = (session: SessionSummary) => explainSession(session, null).word;
const stateOf = (session: SessionSummary) => wordOf(session).toLowerCase();

/** What sessions may stand under. */
export const SESSION_GROUPINGS: Record<SessionGroup, Grouping<SessionSummary>> = {
  project: {
    keyOf: ({ tenantId, projectId }) => `${tenantId} / ${projectId}`,
    nameOf: ({ projectId }) => projectId,
    compare: (one, other) => one.localeCompare(other, "en"),
  },
  state: { keyOf: stateOf, nameOf: wordOf, compare: byGivenOrder(STATES) },
};
