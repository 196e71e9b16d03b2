import type { ListRunnersInput } from "@/contract/runner";
import { RUNNER_END_KINDS, RUNNER_SKEWS, RUNNER_STATES, type RunnerEndKind, type RunnerSkew } from "@/contract/words";
import type { QueryPage } from "./page";
import { ANY_TIME, minutesOf, type RangeFilter, rangeInput, rangeKeys } from "./range";

/** `living` is what a list shows by default; `all` includes ended runners. */
export const SHOWN_STATES = ["living", ...RUNNER_STATES, "all"] as const;
export type ShownState = (typeof SHOWN_STATES)[number];

export type RunnerFilter = RangeFilter & {
  state: ShownState | null;
  profile: string | null;
  project: string | null;
  tenant: string | null;
  placement: string | null;
  host: string | null;
  run: string | null;
  version: string | null;
  skew: RunnerSkew | null;
  end: RunnerEndKind | null;
  launched: boolean | null;
  drained: boolean | null;
  stuck: boolean | null;
  /** Hours since the runner was last heard from: at most (`heard`), and at least. */
  heard: number | null;
  silent: number | null;
  search: string;
};

export const RUNNER_QUERY: QueryPage<RunnerFilter> = {
  page: "runners",
  words: { field: "search", help: "Whole id of a runner, or of its run, session or attempt" },
  keys: [
    {
      name: "state",
      kind: "choice",
      fields: { ":": "state" },
      values: SHOWN_STATES,
      help: "What it does; living where nothing is said, all where an id or an end is",
    },
    { name: "profile", kind: "text", fields: { ":": "profile" }, help: "Backend profile" },
    { name: "project", kind: "text", fields: { ":": "project" }, help: "Project of its run" },
    { name: "tenant", kind: "text", fields: { ":": "tenant" }, help: "Tenant" },
    { name: "run", kind: "id", fields: { ":": "run" }, help: "Id of its run" },
    { name: "place", kind: "text", fields: { ":": "placement" }, help: "Where it says that it is" },
    { name: "host", kind: "text", fields: { ":": "host" }, help: "Its machine, or the pod that it is" },
    {
      name: "version",
      kind: "text",
      fields: { ":": "version" },
      help: "Commit that it was built of; its beginning is enough",
    },
    {
      name: "skew",
      kind: "choice",
      fields: { ":": "skew" },
      values: RUNNER_SKEWS,
      help: "In what it differs from the server",
    },
    {
      name: "launched",
      kind: "flag",
      fields: { ":": "launched" },
      help: "Whether it was started by this installation",
    },
    { name: "drained", kind: "flag", fields: { ":": "drained" }, help: "Whether draining was ordered" },
    { name: "stuck", kind: "flag", fields: { ":": "stuck" }, help: "Whether its turn has said nothing for long" },
    {
      name: "seen",
      kind: "duration",
      fields: { "<": "heard", ">": "silent" },
      help: "Time since it was last heard of",
    },
    {
      name: "end",
      kind: "choice",
      fields: { ":": "end" },
      values: RUNNER_END_KINDS,
      help: "How its hold on its run ended",
    },
    ...rangeKeys("it registered"),
  ],
  none: {
    state: null,
    profile: null,
    project: null,
    tenant: null,
    placement: null,
    host: null,
    run: null,
    version: null,
    skew: null,
    end: null,
    launched: null,
    drained: null,
    stuck: null,
    heard: null,
    silent: null,
    search: "",
    ...ANY_TIME,
  },
};

/** The state to show. A search for an id, a run or an end includes every state. */
export function shownState({ state, search, run, end }: RunnerFilter): ShownState {
  return state ?? (search.trim() === "" && run === null && end === null ? "living" : "all");
}

/** Converts a filter to the server's input; prefetch, hook and counts share it. */
export function runnersInput(filter: RunnerFilter): Partial<ListRunnersInput> {
  const search = filter.search.trim();
  const state = shownState(filter);
  return {
    ...(state === "all" ? {} : { state }),
    ...(filter.profile === null ? {} : { backendProfile: filter.profile }),
    ...(filter.project === null ? {} : { projectId: filter.project }),
    ...(filter.tenant === null ? {} : { tenantId: filter.tenant }),
    ...(filter.run === null ? {} : { runId: filter.run }),
    ...(filter.placement === null ? {} : { placement: filter.placement }),
    ...(filter.host === null ? {} : { host: filter.host }),
    ...(filter.version === null ? {} : { sourceCommit: filter.version }),
    ...(filter.skew === null ? {} : { skew: filter.skew }),
    ...(filter.end === null ? {} : { endKind: filter.end }),
    ...(filter.launched === null ? {} : { isLaunched: filter.launched }),
    ...(filter.drained === null ? {} : { isDrained: filter.drained }),
    ...(filter.stuck === null ? {} : { isStuck: filter.stuck }),
    ...(filter.heard === null ? {} : { heardWithinMinutes: minutesOf(filter.heard) }),
    ...(filter.silent === null ? {} : { silentForMinutes: minutesOf(filter.silent) }),
    ...(search === "" ? {} : { search }),
    ...rangeInput(filter),
  };
}
