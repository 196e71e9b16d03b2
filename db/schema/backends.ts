import { jsonb, text } from "drizzle-orm/pg-core";
import type { BackendProbe } from "@/contract/backend";
import { instant, json, table } from "./columns";

export const backends = table("backends", {
  profile: text().primaryKey(),
  capabilities: json().notNull(),
  capacity: json().notNull(),
  health: json().notNull(),
  updatedAt: instant().notNull().defaultNow(),

  /** Set when a person switched the profile off. */
  disabledAt: instant(),
  disabledBy: text(),
  disabledReason: text(),
  /** The result of the last try of its provider: contract/backend.ts, BackendProbe. */
  probe: jsonb().$type<BackendProbe>(),
});
export type BackendRow = typeof backends.$inferSelect;
