import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { ListRunsInput, RunStatus } from "@/contract/run";
import { RUN_STATUSES } from "@/contract/words";

/** The runs page's filter, as its address holds it. */
export const RUN_FILTERS = {
  status: parseAsStringLiteral(RUN_STATUSES),
  profile: parseAsString,
  session: parseAsString,
};
export type RunFilter = { status: RunStatus | null; profile: string | null; session: string | null };

/** The query that a filter stands for; prefetch and hook share it. */
export function runsInput(filter: RunFilter): Partial<ListRunsInput> {
  return {
    ...(filter.status === null ? {} : { status: filter.status }),
    ...(filter.profile === null ? {} : { backendProfile: filter.profile }),
    ...(filter.session === null ? {} : { sessionId: filter.session }),
  };
}
