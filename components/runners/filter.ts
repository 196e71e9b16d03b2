import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { ListRunnersInput, Runner } from "@/contract/runner";
import { RUNNER_STATES } from "@/contract/words";

/** `living` is what a list shows that was asked for nothing else; `all` shows those that have ended too. */
export const SHOWN_STATES = ["living", ...RUNNER_STATES, "all"] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

/** The runners page's filter, as its address holds it. */
export const RUNNER_FILTERS = {
  state: parseAsStringLiteral(SHOWN_STATES),
  profile: parseAsString,
  placement: parseAsString,
  search: parseAsString.withDefault(""),
};
export type RunnerFilter = {
  state: ShownState | null;
  profile: string | null;
  placement: string | null;
  search: string;
};

/** The state that is shown: who looks for an id means it in whatever state it is. */
export function shownState({ state, search }: Pick<RunnerFilter, "state" | "search">): ShownState {
  return state ?? (search.trim() === "" ? "living" : "all");
}

/** The query that a filter stands for; prefetch and hook share it. */
export function runnersInput(filter: RunnerFilter): Partial<ListRunnersInput> {
  const search = filter.search.trim();
  const state = shownState(filter);
  return {
    ...(state === "all" ? {} : { state }),
    ...(filter.profile === null ? {} : { backendProfile: filter.profile }),
    ...(filter.placement === null ? {} : { placement: filter.placement }),
    ...(search === "" ? {} : { search }),
  };
}

export function isFiltered({ state, profile, placement, search }: RunnerFilter): boolean {
  return state !== null || profile !== null || placement !== null || search.trim() !== "";
}

/** Whether the list would show a runner that has just changed; the server decides by the same. */
export function fits(filter: RunnerFilter, runner: Runner): boolean {
  const state = shownState(filter);
  const search = filter.search.trim();
  const isShown = state === "all" || (state === "living" ? runner.state !== "ended" : runner.state === state);
  return (
    isShown &&
    (filter.profile === null || filter.profile === runner.backendProfile) &&
    (filter.placement === null || filter.placement === runner.placement) &&
    (search === "" || [runner.id, runner.runId, runner.run?.sessionId, runner.attemptId].includes(search))
  );
}
