import { and, sql } from "drizzle-orm";
import { BulkVolumeFilter } from "@/contract/bulk";
import { sessions } from "@/db/schema";
import { matchesSessions } from "@/server/sessions";
import { matchesStorage } from "@/server/storage";
import type { Kind } from "./kind";
import { isSelected } from "./selected";
import { SESSIONS } from "./sessions";

/** Sessions selected by their volumes, as in the list of volumes. Actions are applied to the session. */
export const VOLUMES: Kind = {
  ...SESSIONS,
  source(ctx, selection) {
    const { filter } = selection;
    const columns = { ...sessions, id: sessions.sessionId };
    // An id selects its session even where the list without a filter would leave it out.
    const isTarget =
      filter === undefined
        ? matchesSessions(ctx, { state: "all" })
        : matchesStorage(ctx, BulkVolumeFilter.parse(filter));
    return {
      from: sql`${sessions}`,
      matches: and(isSelected(ctx, columns, selection), isTarget),
      id: sql`${sessions.sessionId}`,
      title: sql`${sessions.title}`,
      order: [
        { key: sql`${sessions.updatedAt}`, isDescending: true },
        { key: sql`${sessions.sessionId}`, isDescending: false },
      ],
    };
  },
};
