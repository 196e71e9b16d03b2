import { and, eq, sql } from "drizzle-orm";
import type { Command, CreateCommandInput } from "@/contract/command";
import { attachmentsIn } from "@/contract/image";
import { lockRun } from "@/db/queries/lock";
import { type CommandRow, commands, type RunRow, runs, type SessionRow, sessions } from "@/db/schema";
import { recordDecision } from "@/server/approvals";
import { nameAttachments } from "@/server/attachments";
import { audit } from "@/server/audit";
import { hasScope, inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ForbiddenError, IdempotencyConflictError, NotFoundError } from "@/server/errors";
import { appendServerEvents, statusEvent } from "@/server/events";
import { canonicalJson, payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { toCommand } from "./command";
import { assertRunOpen } from "./run-open";

const TITLE_LENGTH_MAX = 120;

/** Gives a run a command. The same idempotency key with the same type and payload returns the first command. */
export function createCommand(ctx: ServiceContext, input: CreateCommandInput): Promise<Command> {
  // Deciding needs this scope whichever procedure carries the decision.
  if (input.type === "approve" && !hasScope(ctx.actor, "approvals"))
    throw new ForbiddenError("this token decides no approvals: its scopes leave them out");
  return inTx(ctx, async (ctx) => {
    const locked = await lockRun(ctx.db, input.runId, tenantOf(ctx));
    if (!locked) throw new NotFoundError("run", input.runId);
    const existing = await findByKey(ctx, input);
    if (existing) return toCommand(existing);
    const { run } = locked;
    assertRunOpen(run);
    if (input.type === "turn" || input.type === "steer")
      await nameAttachments(ctx, locked.session, attachmentsIn(input.payload));
    const command = await insertCommand(ctx, run, input);
    if (input.type === "approve") await recordDecision(ctx, locked, command);
    await appendServerEvents(ctx, run, [
      statusEvent("command-created", { commandId: command.id, commandType: command.type }),
    ]);
    if (locked.session) await updateSession(ctx, locked.session, command);
    await audit(ctx, {
      action: "commands.create",
      targetKind: "command",
      targetId: command.id,
      tenantId: run.tenantId,
      details: { runId: run.id, type: command.type },
    });
    ctx.wake(`commands:${run.id}`);
    // The launcher waits for a command on a run that nobody has claimed.
    if (run.status === "pending") ctx.wake("runs");
    return toCommand(command);
  });
}

async function findByKey(ctx: TxContext, input: CreateCommandInput): Promise<CommandRow | null> {
  if (input.idempotencyKey === undefined) return null;
  const [existing] = await ctx.db
    .select()
    .from(commands)
    .where(and(eq(commands.runId, input.runId), eq(commands.idempotencyKey, input.idempotencyKey)));
  if (!existing) return null;
  // The form of v0.1's hashes is unknown, so the content itself is compared.
  const isSame = existing.type === input.type && canonicalJson(existing.payload) === canonicalJson(input.payload);
  if (!isSame) throw new IdempotencyConflictError(input.idempotencyKey);
  return existing;
}

/** Inserts a command. The run's lock makes the numbering gapless and the look-up by key above reliable. */
async function insertCommand(ctx: TxContext, run: RunRow, input: CreateCommandInput): Promise<CommandRow> {
  const [counter] = await ctx.db
    .update(runs)
    .set({ lastCommandSeq: sql`${runs.lastCommandSeq} + 1` })
    .where(eq(runs.id, run.id))
    .returning({ seq: runs.lastCommandSeq });
  const [command] = await ctx.db
    .insert(commands)
    .values({
      id: newId("command"),
      runId: run.id,
      seq: counter?.seq ?? 1,
      type: input.type,
      payload: input.payload,
      payloadHash: payloadHash({ type: input.type, payload: input.payload }),
      idempotencyKey: input.idempotencyKey ?? null,
      state: "pending",
    })
    .returning();
  if (!command) throw new Error(`a command of run ${run.id} was not stored`);
  return command;
}

async function updateSession(ctx: TxContext, session: SessionRow, command: CommandRow): Promise<void> {
  if (command.type !== "turn" && command.type !== "steer") return;
  const isTurn = command.type === "turn";
  await ctx.db
    .update(sessions)
    .set({
      executionState: "running",
      lastRunId: command.runId,
      activeRunId: command.runId,
      lastCommandId: command.id,
      ...(isTurn
        ? {
            activeCommandId: command.id,
            terminalStatus: null,
            failureKind: null,
            title: session.title ?? titleOf(command),
          }
        : {}),
      ...(session.storageState === "archiving" ? { storageState: "live" as const } : {}),
      lastActivityAt: sql`clock_timestamp()`,
    })
    .where(eq(sessions.sessionId, session.sessionId));
  ctx.wake("sessions");
}

/** Returns the first line of what was asked; null: it has no text. */
function titleOf(command: CommandRow): string | null {
  const line =
    String(command.payload.text ?? "")
      .trim()
      .split("\n")[0]
      ?.trim() ?? "";
  if (line === "") return null;
  return line.length <= TITLE_LENGTH_MAX ? line : `${line.slice(0, TITLE_LENGTH_MAX - 1).trimEnd()}…`;
}
