import { and, asc, eq, inArray } from "drizzle-orm";
import { OPEN_COMMAND_STATES } from "@/contract/command";
import { lockTasksOfSession } from "@/db/queries/lock-tasks-of-session";
import { commands, runs, sessionReadCursors } from "@/db/schema";
import { createCommand } from "@/server/commands";
import { type TxContext, tenantOf } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { deleteIfPresent, lockOwnSession, markSessionRead, markSessionUnread, requireSession } from "@/server/sessions";
import {
  extendStorage,
  finishGuardedEviction,
  type GuardedEviction,
  orderGuardedEviction,
  pinStorage,
  unpinStorage,
} from "@/server/storage";
import { DONE, type Item, type ItemOutcome, UNCHANGED } from "./kind";
import { cancel } from "./runs";

export async function dealWithSession(ctx: TxContext, item: Item): Promise<ItemOutcome> {
  const { targetId: sessionId, params, reason } = item;
  switch (item.action) {
    case "read":
      return read(ctx, item);
    case "unread":
      return unread(ctx, item);
    case "interrupt":
      return interrupt(ctx, item);
    case "cancel":
      return cancelRuns(ctx, sessionId, reason);
    case "extend":
      await extendStorage(ctx, { sessionId, byMs: params.byMs });
      return DONE;
    case "delete":
      return remove(ctx, sessionId, reason);
    default:
      return setPin(ctx, item, item.action === "pin");
  }
}

/** Returns up to which version a reader has read a session. */
async function findReadMark(ctx: TxContext, sessionId: string, readerId: string): Promise<number> {
  const [readMark] = await ctx.db
    .select({ version: sessionReadCursors.sessionVersion })
    .from(sessionReadCursors)
    .where(and(eq(sessionReadCursors.sessionId, sessionId), eq(sessionReadCursors.readerId, readerId)));
  return readMark?.version ?? 0;
}

/**
 * Marks the session as read, up to its current version. When this undoes an "unread", it restores what had been read
 * before.
 */
async function read(ctx: TxContext, { targetId: sessionId, params, before }: Item): Promise<ItemOutcome> {
  const readerId = params.readerId ?? "";
  const session = await requireSession(ctx, sessionId);
  const version = Math.min(before === null ? session.version : Number(before), session.version);
  const readMark = await findReadMark(ctx, sessionId, readerId);
  if (readMark >= version) return UNCHANGED;
  await markSessionRead(ctx, { sessionId, readerId, version });
  return { outcome: "done", before: String(readMark) };
}

async function unread(ctx: TxContext, { targetId: sessionId, params, before }: Item): Promise<ItemOutcome> {
  const readerId = params.readerId ?? "";
  const readMark = await findReadMark(ctx, sessionId, readerId);
  const isUnmarked = await markSessionUnread(ctx, { sessionId, readerId, version: Number(before ?? 0) });
  return isUnmarked ? { outcome: "done", before: String(readMark) } : UNCHANGED;
}

/** Interrupts the turn under way; its run stays and accepts the next turn. */
async function interrupt(ctx: TxContext, { id, targetId }: Item): Promise<ItemOutcome> {
  await requireSession(ctx, targetId);
  const open = await ctx.db
    .select({ runId: runs.id, type: commands.type })
    .from(commands)
    .innerJoin(runs, eq(runs.id, commands.runId))
    .where(
      and(
        eq(runs.sessionId, targetId),
        eq(runs.status, "claimed"),
        inArray(commands.type, ["turn", "interrupt"]),
        inArray(commands.state, [...OPEN_COMMAND_STATES]),
      ),
    );
  const turn = open.find(({ type }) => type === "turn");
  if (!turn) throw new ConflictError("no-open-command", "no turn is under way");
  if (open.some(({ type }) => type === "interrupt")) return UNCHANGED;
  await createCommand(ctx, { runId: turn.runId, type: "interrupt", payload: {}, idempotencyKey: id });
  return DONE;
}

/** Cancels every open run of a session, in the one lock order: their tasks, the session, the runs. */
async function cancelRuns(ctx: TxContext, sessionId: string, reason: string | null): Promise<ItemOutcome> {
  await lockTasksOfSession(ctx.db, sessionId, tenantOf(ctx));
  await lockOwnSession(ctx, sessionId);
  const openRuns = await ctx.db
    .select({ id: runs.id })
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), inArray(runs.status, ["claimed", "pending"])))
    .orderBy(asc(runs.id));
  if (openRuns.length === 0) throw new ConflictError("no-open-command", "it has no run under way");
  const outcomes: ItemOutcome[] = [];
  for (const { id } of openRuns) outcomes.push(await cancel(ctx, id, reason));
  return outcomes.some(({ outcome }) => outcome === "done") ? DONE : UNCHANGED;
}

async function remove(ctx: TxContext, sessionId: string, reason: string | null): Promise<ItemOutcome> {
  const deleted = await deleteIfPresent(ctx, { sessionId, ...(reason === null ? {} : { reason }) });
  return deleted === null ? UNCHANGED : DONE;
}

async function setPin(ctx: TxContext, { targetId: sessionId, reason }: Item, isPinned: boolean): Promise<ItemOutcome> {
  const session = await lockOwnSession(ctx, sessionId);
  if ((session.pinnedAt !== null) === isPinned) return UNCHANGED;
  if (isPinned) await pinStorage(ctx, { sessionId, ...(reason === null ? {} : { reason }) });
  else await unpinStorage(ctx, { sessionId });
  return DONE;
}

/**
 * Evicts a volume. The order is committed with its outcome; the volume is removed after that, if necessary by the
 * repair.
 */
export async function evict(ctx: TxContext, plan: GuardedEviction, reason: string | null): Promise<ItemOutcome> {
  const deleting = await orderGuardedEviction(ctx, plan, reason);
  if (deleting === null) return UNCHANGED;
  return { outcome: "done", message: plan.basis, after: (ctx) => finishGuardedEviction(ctx, deleting, reason) };
}
