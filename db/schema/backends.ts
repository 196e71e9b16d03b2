import { text } from "drizzle-orm/pg-core";
import { instant, json, table } from "./columns";

export const backends = table("backends", {
  profile: text().primaryKey(),
  capabilities: json().notNull(),
  capacity: json().notNull(),
  health: json().notNull(),
  updatedAt: instant().notNull().defaultNow(),
});
export type BackendRow = typeof backends.$inferSelect;
