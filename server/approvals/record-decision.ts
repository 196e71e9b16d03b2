import { and, eq, lte, sql } from "drizzle-orm";
import { COMMAND_PAYLOADS } from "@/contract/command";
import type { RunWithSession } from "@/db/queries/lock";
import { type ApprovalRow, approvals, type CommandRow, commands, type RunRow } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import type { TxContext } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { appendServerEvents } from "@/server/events";
import { countPending } from "./settle";

/**
 * Decides an approval, once, by the `approve` command that carries the decision to its runner. The run is locked. A
 * runner that asks only by events, as v0.1's do, has no approvals here: it judges the decisions of its commands itself.
 */
export async function recordDecision(
  ctx: TxContext,
  { run, session }: RunWithSession,
  command: CommandRow,
): Promise<void> {
  const { approvalId, decision, reason } = COMMAND_PAYLOADS.approve.parse(command.payload);
  const [decided] = await ctx.db
    .update(approvals)
    .set({
      status: "decided",
      decision,
      decisionReason: reason ?? null,
      decidedBy: actorName(ctx.actor),
      decidedAt: sql`clock_timestamp()`,
      commandId: command.id,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(approvals.id, approvalId), eq(approvals.runId, run.id), eq(approvals.status, "pending")))
    .returning();
  if (!decided) return assertNotDecided(ctx, run, approvalId);
  await appendServerEvents(ctx, run, [decisionEvent(decided)]);
  if (session) await countPending(ctx, session.sessionId);
  ctx.wake("approvals");
}

/** The runner has ended the command: applied, or nobody can say. */
export async function settleDecision(ctx: TxContext, { run }: RunWithSession, command: CommandRow): Promise<void> {
  const [settled] = await ctx.db
    .update(approvals)
    .set({ status: command.state === "completed" ? "applied" : "ambiguous", updatedAt: sql`clock_timestamp()` })
    .where(and(eq(approvals.commandId, command.id), eq(approvals.status, "decided")))
    .returning();
  if (!settled) return;
  await appendServerEvents(ctx, run, [decisionEvent(settled)]);
  ctx.wake("approvals");
}

/**
 * Takes a decision back whose command was cancelled before it was sent, so that the agent knows of no decision. While
 * the turn that asked is under way the approval waits for a person again; afterwards nothing is left to allow.
 */
export async function withdrawDecision(
  ctx: TxContext,
  { run, session }: RunWithSession,
  command: CommandRow,
): Promise<void> {
  const [withdrawn] = await ctx.db
    .update(approvals)
    .set({
      status: sql`case when exists (${requestingTurn(ctx, run)}) then 'pending' else 'superseded' end`,
      decision: null,
      decisionReason: null,
      decidedBy: null,
      decidedAt: null,
      commandId: null,
      updatedAt: sql`clock_timestamp()`,
    })
    .where(and(eq(approvals.commandId, command.id), eq(approvals.status, "decided")))
    .returning();
  if (!withdrawn) return;
  await appendServerEvents(ctx, run, [decisionEvent(withdrawn)]);
  await audit(ctx, {
    action: "approvals.withdraw",
    targetKind: "approval",
    targetId: withdrawn.id,
    tenantId: run.tenantId,
    details: { commandId: command.id, status: withdrawn.status },
  });
  if (session) await countPending(ctx, session.sessionId);
  ctx.wake("approvals");
}

/** The turn that was with the agent when the approval was asked for, if it still is. */
function requestingTurn(ctx: TxContext, run: RunRow) {
  return ctx.db
    .select({ id: commands.id })
    .from(commands)
    .where(
      and(
        eq(commands.runId, run.id),
        eq(commands.type, "turn"),
        eq(commands.state, "acknowledged"),
        lte(commands.acknowledgedAt, approvals.createdAt),
      ),
    );
}

function decisionEvent(approval: ApprovalRow): { type: "approval_decision"; payload: Record<string, unknown> } {
  const { id, decision, decidedBy, status, decisionReason } = approval;
  return {
    type: "approval_decision",
    payload: { approvalId: id, decision, decidedBy, status, reason: decisionReason },
  };
}

/** Throws when the approval belongs to another run, or was decided or settled before. */
async function assertNotDecided(ctx: TxContext, run: RunRow, approvalId: string): Promise<void> {
  const [known] = await ctx.db
    .select({ runId: approvals.runId, status: approvals.status, decidedBy: approvals.decidedBy })
    .from(approvals)
    .where(eq(approvals.id, approvalId));
  if (!known) return;
  const { runId, ...decided } = known;
  if (runId !== run.id) throw new NotFoundError("approval", approvalId);
  const by = decided.decidedBy === null ? "" : ` by ${decided.decidedBy}`;
  throw new ConflictError(
    "approval-decided",
    `approval ${approvalId} is ${decided.status}${by}: it is decided once`,
    decided,
  );
}
