import { and, asc, eq, gt } from "drizzle-orm";
import type { Command, ListCommandsInput } from "@/contract/command";
import type { Page } from "@/contract/page";
import { type CommandRow, commands, runs } from "@/db/schema";
import { boundRunId, type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { pageFrom } from "@/server/pagination";
import { getRun } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";

export function toCommand(row: CommandRow): Command {
  return {
    id: row.id,
    runId: row.runId,
    seq: row.seq,
    type: row.type,
    payload: storedJson(row.payload) ?? {},
    payloadHash: row.payloadHash,
    idempotencyKey: row.idempotencyKey,
    state: row.state,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    acknowledgedAt: iso(row.acknowledgedAt),
    cancelRequestedAt: iso(row.cancelRequestedAt),
    failureKind: row.failureKind,
    failureMessage: row.failureMessage,
    output: storedJson(row.output),
  };
}

export async function getCommand(ctx: ServiceContext, input: { commandId: string }): Promise<Command> {
  const tenantId = tenantOf(ctx);
  const bound = boundRunId(ctx.actor);
  const [found] = await ctx.db
    .select({ command: commands })
    .from(commands)
    .innerJoin(runs, eq(runs.id, commands.runId))
    .where(
      and(
        eq(commands.id, input.commandId),
        tenantId === null ? undefined : eq(runs.tenantId, tenantId),
        bound === null ? undefined : eq(runs.id, bound),
      ),
    );
  if (!found) throw new NotFoundError("command", input.commandId);
  return toCommand(found.command);
}

/** Lists a run's commands after a seq, in order. The cursor is the last seq of the page. */
export async function listCommands(ctx: ServiceContext, input: ListCommandsInput): Promise<Page<Command>> {
  await getRun(ctx, { runId: input.runId });
  const rows = await ctx.db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, input.runId), gt(commands.seq, input.afterSeq)))
    .orderBy(asc(commands.seq))
    .limit(input.limit + 1);
  const page = pageFrom(rows, input.limit, (last) => String(last.seq));
  return { items: page.rows.map(toCommand), cursor: page.cursor };
}
