import { and, desc, eq, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListRunnersInput, RegisterRunnerInput, Runner } from "@/contract/runner";
import { type RunnerRow, runners, runs } from "@/db/schema";
import { audit } from "@/server/audit";
import { boundRunId, inTx, type ServiceContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { redactJson } from "@/server/events";
import { newId } from "@/server/ids";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { getRun } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";
import { assertOwnRunner, upsertRunner } from "./upsert";

export function toRunner(row: RunnerRow): Runner {
  return {
    ...row,
    metadata: storedJson(row.metadata) ?? {},
    registeredAt: iso(row.registeredAt),
    heartbeatAt: iso(row.heartbeatAt),
  };
}

/**
 * Makes a runner known, or brings it up to date; when it first registered is kept. A runner's token registers its own
 * run's runner alone: an id that belongs to another run's is refused.
 */
export function registerRunner(ctx: ServiceContext, input: RegisterRunnerInput): Promise<Runner> {
  return inTx(ctx, async (ctx) => {
    const bound = boundRunId(ctx.actor);
    const id = input.id ?? newId("runner");
    const [known] = await ctx.db.select().from(runners).where(eq(runners.id, id)).for("no key update");
    if (known && bound !== null && known.runId !== bound) {
      throw new ConflictError("already-exists", `runner ${id} belongs to another run: register without an id`);
    }
    // Another tenant's run does not exist for this caller.
    const run = input.runId === undefined ? null : await getRun(ctx, { runId: input.runId });
    await assertOwnRunner(ctx, id);
    const { id: _id, metadata, ...fields } = input;
    const runner = await upsertRunner(ctx, {
      id,
      ...fields,
      ...(bound === null ? {} : { runId: bound }),
      ...(metadata === undefined ? {} : { metadata: redactJson(metadata) }),
    });
    await audit(ctx, {
      action: "runners.register",
      targetKind: "runner",
      targetId: runner.id,
      tenantId: run?.tenantId ?? null,
      details: { runId: runner.runId },
    });
    return toRunner(runner);
  });
}

export async function getRunner(ctx: ServiceContext, input: { runnerId: string }): Promise<Runner> {
  const [found] = await visible(ctx).where(eq(runners.id, input.runnerId));
  if (!found || !isVisible(ctx, found)) throw new NotFoundError("runner", input.runnerId);
  return toRunner(found.runner);
}

/** Runners, the one that was heard of last first. */
export async function listRunners(ctx: ServiceContext, input: ListRunnersInput): Promise<Page<Runner>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "runners.list" };
  const tenantId = tenantOf(ctx);
  const [heartbeatAt, id] = cursor === undefined ? [] : decodePlace(filter, cursor, 2);
  const rows = await visible(ctx)
    .where(
      and(
        filter.runId === undefined ? undefined : eq(runners.runId, filter.runId),
        tenantId === null ? undefined : eq(runs.tenantId, tenantId),
        filter.tenantId === undefined ? undefined : eq(runs.tenantId, filter.tenantId),
        filter.projectId === undefined ? undefined : eq(runs.projectId, filter.projectId),
        cursor === undefined
          ? undefined
          : sql`(${runners.heartbeatAt}, ${runners.id}) < (${heartbeatAt}::timestamptz, ${id})`,
      ),
    )
    .orderBy(desc(runners.heartbeatAt), desc(runners.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.runner.id]));
  return { items: page.rows.map((row) => toRunner(row.runner)), cursor: page.cursor };
}

/** A runner is its run's tenant's. */
function visible(ctx: ServiceContext) {
  return ctx.db
    .select({ runner: runners, tenantId: runs.tenantId, position: sql<string>`${runners.heartbeatAt}::text` })
    .from(runners)
    .leftJoin(runs, eq(runs.id, runners.runId))
    .$dynamic();
}

function isVisible(ctx: ServiceContext, found: { tenantId: string | null; runner: RunnerRow }): boolean {
  const tenantId = tenantOf(ctx);
  const bound = boundRunId(ctx.actor);
  return (tenantId === null || found.tenantId === tenantId) && (bound === null || found.runner.runId === bound);
}
