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
import { upsertRunner } from "./upsert";

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
    if (input.runId !== undefined) await getRun(ctx, { runId: input.runId });
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
      tenantId: runner.tenantId,
      details: { runId: runner.runId },
    });
    return toRunner(runner);
  });
}

export async function getRunner(ctx: ServiceContext, input: { runnerId: string }): Promise<Runner> {
  const tenantId = tenantOf(ctx);
  const bound = boundRunId(ctx.actor);
  const [runner] = await ctx.db
    .select()
    .from(runners)
    .where(
      and(
        eq(runners.id, input.runnerId),
        tenantId === null ? undefined : eq(runners.tenantId, tenantId),
        bound === null ? undefined : eq(runners.runId, bound),
      ),
    );
  if (!runner) throw new NotFoundError("runner", input.runnerId);
  return toRunner(runner);
}

/** Runners, the one that was heard of last first. */
export async function listRunners(ctx: ServiceContext, input: ListRunnersInput): Promise<Page<Runner>> {
  const { cursor, limit, ...asked } = input;
  const filter = { ...asked, list: "runners.list" };
  const tenantId = tenantOf(ctx);
  const [heartbeatAt, id] = cursor === undefined ? [] : decodePlace(filter, cursor, 2);
  const rows = await ctx.db
    .select({ runner: runners, position: sql<string>`${runners.heartbeatAt}::text` })
    .from(runners)
    .leftJoin(runs, eq(runs.id, runners.runId))
    .where(
      and(
        filter.runId === undefined ? undefined : eq(runners.runId, filter.runId),
        tenantId === null ? undefined : eq(runners.tenantId, tenantId),
        filter.tenantId === undefined ? undefined : eq(runners.tenantId, filter.tenantId),
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
