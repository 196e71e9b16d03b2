import { and, eq, or, type SQL, sql } from "drizzle-orm";
import { asViewed } from "@/contract/query/arrangement";
import { QUERY_MAX } from "@/contract/query/language";
import { printFilter } from "@/contract/query/page";
import { queryPage } from "@/contract/query/pages";
import { readQuery } from "@/contract/query/read";
import type { View } from "@/contract/view";
import type { ViewPage } from "@/contract/words";
import { type SavedViewRow, savedViews } from "@/db/schema";
import { actorName } from "@/server/audit";
import { type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, ForbiddenError, InvalidInputError, NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";

/** Matches views of the caller's own tenant. A caller that sees every tenant has views without one. */
export function isOfTenant(ctx: ServiceContext): SQL {
  return sql`coalesce(${savedViews.tenantId}, '') = ${tenantOf(ctx) ?? ""}`;
}

export function isOwn(ctx: ServiceContext): SQL {
  return eq(savedViews.owner, actorName(ctx.actor));
}

/** Matches the views that a caller sees: its own, and those that its tenant shares. */
export function isVisible(ctx: ServiceContext): SQL | undefined {
  return and(isOfTenant(ctx), or(isOwn(ctx), savedViews.isShared));
}

export function toView(ctx: ServiceContext, row: SavedViewRow): View {
  const { id, tenantId, owner, page, name, query, isShared, version } = row;
  return {
    id,
    page,
    name,
    query,
    isShared,
    owner,
    tenantId,
    version,
    isOwn: owner === actorName(ctx.actor),
    isEditable: canChange(ctx, row),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

/** Locks a view that the caller may change, if it still has the version that the caller saw. */
export async function lockOwnView(
  ctx: TxContext,
  { viewId, expectedVersion }: { viewId: string; expectedVersion?: number },
): Promise<SavedViewRow> {
  const [view] = await ctx.db
    .select()
    .from(savedViews)
    .where(and(eq(savedViews.id, viewId), isVisible(ctx)))
    .for("update");
  if (view === undefined) throw new NotFoundError("view", viewId);
  if (!canChange(ctx, view))
    throw new ForbiddenError(`the view “${view.name}” is ${view.owner}'s: they change it, or an administrator`);
  if (expectedVersion !== undefined && expectedVersion !== view.version)
    throw new ConflictError("version-conflict", `the view “${view.name}” was changed meanwhile: look again`, {
      current: toView(ctx, view),
    });
  return view;
}

function canChange({ actor }: ServiceContext, { owner }: SavedViewRow): boolean {
  return owner === actorName(actor) || (actor.kind === "operator" && actor.role === "admin");
}

/** Refuses sharing to viewers: showing rows to a whole tenant takes more than reading them. */
export function assertMayShare({ actor }: ServiceContext): void {
  if (actor.kind === "operator" && actor.role === "viewer")
    throw new ForbiddenError(
      "this needs the role operator; the token has viewer: a view of your own need not be shared",
    );
}

/** Returns a query in its one canonical form, as it is stored. Refuses what the page's list would not understand. */
export function canonicalQuery(page: ViewPage, text: string): string {
  const registry = asViewed(queryPage(page));
  const { filter, problems } = readQuery(registry, text);
  const [first] = problems;
  if (first !== undefined) throw new InvalidInputError(`query: ${first.message}`, { problems: problems.slice(0, 20) });
  const query = printFilter(registry, filter);
  if (query.length > QUERY_MAX) throw new InvalidInputError(`query: has more than ${QUERY_MAX} characters`);
  return query;
}

export function nameTaken(name: string): ConflictError {
  return new ConflictError("already-exists", `a view named “${name}” is there: take another name, or change that one`);
}
