import { and, eq, inArray, notInArray, type SQL, sql } from "drizzle-orm";
import { BulkSessionFilter, type BulkVerb } from "@/contract/bulk";
import { runs, sessionReadCursors, sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isReadBy, matchesSessions } from "@/server/sessions";
import { COLLECTABLE, HAS_CURRENT_ARCHIVE, planEviction, WAS_USED, WITHOUT_VOLUME } from "@/server/storage";
import type { Kind } from "./kind";
import { firstReason, isSelected } from "./selected";
import { dealWithSession, evict } from "./session-acts";

const hasRun = (statuses: ("claimed" | "pending")[]) =>
  sql`exists (select from ${runs} where ${and(eq(runs.sessionId, sessions.sessionId), inArray(runs.status, statuses))})`;

export const SESSIONS: Kind = {
  source(ctx, selection) {
    const filter = BulkSessionFilter.parse(selection.filter ?? { state: "all" });
    const columns = { ...sessions, id: sessions.sessionId };
    return {
      from: sql`${sessions} left join ${sessionReadCursors} on ${isReadBy(filter.readerId ?? null)}`,
      matches: and(isSelected(ctx, columns, selection), matchesSessions(ctx, filter)),
      id: sql`${sessions.sessionId}`,
      title: sql`${sessions.title}`,
      order: [
        { key: sql`${sessions.updatedAt}`, isDescending: true },
        { key: sql`${sessions.sessionId}`, isDescending: false },
      ],
    };
  },
  skip: (ctx, { action, params }) => firstReason(skipsOf(ctx, action, params.readerId ?? "")),
  act: dealWithSession,
  async prepare(ctx, item) {
    if (item.action !== "evict") return null;
    const plan = await planEviction(ctx, item.targetId);
    return (ctx) => evict(ctx, plan, item.reason);
  },
};

function skipsOf(ctx: ServiceContext, action: BulkVerb, readerId: string): [SQL, string][] {
  const readVersion = sql`coalesce((select mark.session_version from ${sessionReadCursors} mark
    where mark.session_id = ${sessions.sessionId} and mark.reader_id = ${readerId}), 0)`;
  switch (action) {
    case "read":
      return [[sql`${sessions.version} <= ${readVersion}`, "it is read already"]];
    case "unread":
      return [[sql`${readVersion} = 0`, "it is not read yet"]];
    case "interrupt":
      return [[sql`not ${hasRun(["claimed"])}`, "no turn is under way"]];
    case "cancel":
      return [[sql`not ${hasRun(["claimed", "pending"])}`, "it has no run under way"]];
    case "extend":
      return ctx.settings.storage.idleTtlMs === null ? [[sql`${sessions.expiresAt} is null`, "it never expires"]] : [];
    case "pin":
      return [
        [sql`${sessions.pinnedAt} is not null`, "it is pinned already"],
        [sql`${sessions.storageState} = 'deleting'`, "its volume goes"],
      ];
    case "unpin":
      return [[sql`${sessions.pinnedAt} is null`, "it is not pinned"]];
    case "delete":
      return [[hasRun(["claimed"]), "a run of it is live"]];
    default:
      return [
        [inArray(sessions.storageState, [...WITHOUT_VOLUME]), "it has no volume"],
        [notInArray(sessions.storageState, [...COLLECTABLE]), "its volume is not whole yet"],
        [sql`${sessions.pinnedAt} is not null`, "it is pinned"],
        [hasRun(["claimed", "pending"]), "a run of it is not done"],
        [
          sql`exists (select from agentrun_queue_tasks task where task.session_id = ${sessions.sessionId}
            and task.state in ('pending', 'dispatched', 'running'))`,
          "a task waits for it",
        ],
        [
          sql`${WAS_USED} and ${sessions.storagePolicy} <> 'discard' and not (${HAS_CURRENT_ARCHIVE})`,
          "nothing holds its last turn but the volume",
        ],
      ];
  }
}
