export const RUN_TABS = ["overview", "events", "timeline", "changes"] as const;
export type RunTab = (typeof RUN_TABS)[number];
