export const RUN_TABS = ["overview", "events", "timeline", "changes", "job", "log"] as const;
export type RunTab = (typeof RUN_TABS)[number];
