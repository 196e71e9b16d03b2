export const RUN_TABS = ["overview", "events"] as const;
export type RunTab = (typeof RUN_TABS)[number];
