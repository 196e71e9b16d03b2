import { eq } from "drizzle-orm";
import type { RegisterRunnerInput, Runner } from "@/contract/runner";
import { runners } from "@/db/schema";
import { audit } from "@/server/audit";
import { boundRunId, inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { redactJson } from "@/server/events";
import { newId } from "@/server/ids";
import { getRun } from "@/server/runs";
import { getRunner } from "./read";
import { upsertRunner } from "./upsert";

/**
 * Registers a runner, or updates a known one; the time of its first registration is kept. With a runner's token, only
 * the runner of the token's own run can be registered: an id that belongs to another run is refused.
 */
export function registerRunner(ctx: ServiceContext, input: RegisterRunnerInput): Promise<Runner> {
  return inTx(ctx, async (ctx) => {
    const bound = boundRunId(ctx.actor);
    const id = input.id ?? newId("runner");
    const [existing] = await ctx.db.select().from(runners).where(eq(runners.id, id)).for("no key update");
    if (existing && bound !== null && existing.runId !== bound) {
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
    ctx.wake("runs");
    return getRunner(ctx, { runnerId: runner.id });
  });
}
