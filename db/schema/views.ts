import { sql } from "drizzle-orm";
import { boolean, index, integer, text, uniqueIndex } from "drizzle-orm/pg-core";
import { VIEW_PAGES } from "@/contract/words";
import { lifecycle, table } from "./columns";

/** Queries of the console's lists that were saved under a name. */
export const savedViews = table(
  "saved_views",
  {
    id: text().primaryKey(),
    /** null: the view belongs to those who see every tenant. */
    tenantId: text(),
    /** Who made the view, as the audit log names them. */
    owner: text().notNull(),
    page: text({ enum: VIEW_PAGES }).notNull(),
    name: text().notNull(),
    query: text().notNull(),
    isShared: boolean().notNull().default(false),
    ...lifecycle,
    version: integer().notNull().default(1),
  },
  (view) => [
    // A person's own views, which are counted; their names are unique within a list.
    uniqueIndex("agentrun_saved_views_name_idx").on(
      sql`coalesce(${view.tenantId}, '')`,
      view.owner,
      view.page,
      view.name,
    ),
    // The views shared with a tenant.
    index("agentrun_saved_views_shared_idx")
      .on(sql`coalesce(${view.tenantId}, '')`, view.createdAt, view.id)
      .where(sql`${view.isShared}`),
  ],
);
export type SavedViewRow = typeof savedViews.$inferSelect;
