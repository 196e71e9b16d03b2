import { jsonb, text } from "drizzle-orm/pg-core";
import type { BackendProbe } from "@/contract/backend";
import { instant, json, table } from "./columns";

export const backends = table("backends", {
  profile: text().primaryKey(),
  capabilities: json().notNull(),
  capacity: json().notNull(),
  health: json().notNull(),
  updatedAt: instant().notNull().defaultNow(),

  /** Switched off by a person. */
  disabledAt: instant(),
  disabledBy: text(),
  disabledReason: text(),
  /** What the last try of its provider found: contract/backend.ts, BackendProbe. */
  probe: jsonb().$type<BackendProbe>(),
});
export type BackendRow = typeof backends.$inferSelect;
