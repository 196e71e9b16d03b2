import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { parseAsHours, RANGE_FILTERS } from "@/components/ui/time/time-range";
import { conditionsOf } from "@/contract/query/page";
import { isInRange } from "@/contract/query/range";
import { RUNNER_QUERY, type RunnerFilter, SHOWN_STATES, shownState } from "@/contract/query/runners";
import type { Runner } from "@/contract/runner";
import { RUNNER_END_KINDS, RUNNER_SKEWS } from "@/contract/words";

export {
  type RunnerFilter,
  runnersInput,
  SHOWN_STATES,
  type ShownState,
  shownState,
} from "@/contract/query/runners";

/** The runners page's filter, as its address holds it. */
export const RUNNER_FILTERS = {
  state: parseAsStringLiteral(SHOWN_STATES),
  profile: parseAsString,
  project: parseAsString,
  tenant: parseAsString,
  placement: parseAsString,
  host: parseAsString,
  run: parseAsString,
  version: parseAsString,
  skew: parseAsStringLiteral(RUNNER_SKEWS),
  end: parseAsStringLiteral(RUNNER_END_KINDS),
  launched: parseAsBoolean,
  drained: parseAsBoolean,
  stuck: parseAsBoolean,
  heard: parseAsHours,
  silent: parseAsHours,
  search: parseAsString.withDefault(""),
  ...RANGE_FILTERS,
};

export function isFiltered(filter: RunnerFilter): boolean {
  return conditionsOf(RUNNER_QUERY, { ...filter, search: filter.search.trim() }).length > 0;
}

/** A filter in words, all of it: `living, profile demo, seen > 1h`. */
export function filterWords(filter: RunnerFilter): string {
  const state = shownState(filter);
  const otherConditions = conditionWords(RUNNER_QUERY, { ...filter, state: null, search: filter.search.trim() });
  return [...(state === "all" ? [] : [state]), ...otherConditions].join(", ") || "all runners";
}

const HOUR_MS = 3_600_000;

/** Whether the list would show a runner that has just changed; the server decides by the same. */
export function fits(filter: RunnerFilter, runner: Runner, nowMs: number): boolean {
  const state = shownState(filter);
  const isShown = state === "all" || (state === "living" ? runner.state !== "ended" : runner.state === state);
  const silentMs = nowMs - Date.parse(runner.heartbeatAt);
  return (
    isShown &&
    matchesOwner(filter, runner) &&
    isMarked(filter, runner) &&
    (filter.heard === null || silentMs <= filter.heard * HOUR_MS) &&
    (filter.silent === null || silentMs > filter.silent * HOUR_MS) &&
    isInRange(filter, Date.parse(runner.registeredAt), nowMs)
  );
}

function matchesOwner(filter: RunnerFilter, runner: Runner): boolean {
  const search = filter.search.trim();
  const { id, runId, run, attemptId } = runner;
  const matches = (requested: string | null, actual: unknown) => requested === null || requested === actual;
  return (
    matches(filter.profile, runner.backendProfile) &&
    matches(filter.project, run?.projectId) &&
    matches(filter.tenant, runner.tenantId) &&
    matches(filter.run, runId) &&
    matches(filter.placement, runner.placement) &&
    matches(filter.host, runner.metadata.host) &&
    (search === "" || [id, runId, run?.sessionId, attemptId].includes(search))
  );
}

function isMarked({ version, skew, end, launched, drained, stuck }: RunnerFilter, runner: Runner): boolean {
  return (
    (version === null || runner.sourceCommit?.startsWith(version) === true) &&
    (skew === null || skew === runner.skew) &&
    (end === null || end === runner.endKind) &&
    (launched === null || launched === (runner.job !== null)) &&
    (drained === null || drained === (runner.drain !== null)) &&
    // How long its turn has said nothing no runner tells: only the list knows.
    stuck === null
  );
}
