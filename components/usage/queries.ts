import type { Api } from "@/components/trpc/lists";
import { type UsageFilter, usageScope } from "./filter";

const GROUPS_MAX = 200;
/** No stream tells of calls to models. */
const POLL_MS = 15_000;
const OPTIONS = { refetchInterval: POLL_MS, placeholderData: <Data>(data: Data) => data };

/** What each profile took on each day. */
export const usageByDay = (api: Api, filter: UsageFilter) =>
  api.usage.summary.queryOptions(
    { ...usageScope(filter, Date.now()), groupBy: "profile", byDay: true, limit: GROUPS_MAX },
    OPTIONS,
  );

/** What each group of the table took in the whole period. */
export const usageByGroup = (api: Api, filter: UsageFilter) =>
  api.usage.summary.queryOptions({ ...usageScope(filter, Date.now()), groupBy: filter.by, limit: GROUPS_MAX }, OPTIONS);
