export const SESSION_TABS = [
  "conversation",
  "trace",
  "timeline",
  "changes",
  "files",
  "runs",
  "storage",
  "audit",
] as const;
export type SessionTab = (typeof SESSION_TABS)[number];
