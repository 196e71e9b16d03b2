export const SESSION_TABS = ["conversation", "trace", "timeline", "changes", "runs", "storage", "audit"] as const;
export type SessionTab = (typeof SESSION_TABS)[number];
