import { and, eq } from "drizzle-orm";
import { jsonDepth } from "@/contract/json";
import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import { cleanJson } from "@/contract/text";
import { type QueueTaskRow, queueTasks, sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { requireProfile } from "@/server/backends";
import { inTx, ownerOf, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, IdempotencyConflictError, InvalidInputError, NotFoundError } from "@/server/errors";
import { payloadHash } from "@/server/idempotency";
import { newId } from "@/server/ids";
import { checkWorkspace } from "@/server/runs";
import { assertTakesTasks } from "./assert-takes-tasks";
import { toTask } from "./task";

type Owner = { tenantId: string; projectId: string };
type TaskContent = ReturnType<typeof contentOf>;
const REFERENCES_DEPTH_MAX = 200;

/** Adds a task; the same key with the same content answers the task that is there, in whatever state it is now. */
export async function createTask(ctx: ServiceContext, input: CreateTaskInput): Promise<QueueTask> {
  const owner = ownerOf(ctx, input);
  const content = contentOf(input);
  const sent = { key: input.idempotencyKey ?? null, owner, content };
  return inTx(ctx, async (ctx) => {
    // The key is judged before anything that may have changed since it was first used.
    const known = await findReplayed(ctx, sent);
    if (known) return toTask(known);
    if (input.workspaceRef) await checkWorkspace(ctx, input.workspaceRef);
    await requireProfile(ctx, input.backendProfile);
    await assertTakesTasks(ctx, { ...owner, ...content });
    await requireSession(ctx, input, owner);
    const [created] = await ctx.db
      .insert(queueTasks)
      .values({
        id: newId("task"),
        ...owner,
        ...columnsOf(content),
        ...timesOf(content),
        retryPolicy: content.retry ?? null,
        state: "pending",
        version: 0, // a trigger stamps it
        payloadHash: payloadHash(content),
        contentHash: payloadHash(content),
        idempotencyKey: input.idempotencyKey ?? null,
      })
      // Of 32 callers with one key, 31 may have found nothing above: they meet the first one's task here.
      .onConflictDoNothing()
      .returning();
    if (!created) {
      const winner = await findReplayed(ctx, sent);
      if (!winner) throw new Error("a task's insert met a conflict without a key");
      return toTask(winner);
    }
    await audit(ctx, {
      action: "queue.createTask",
      targetKind: "task",
      targetId: created.id,
      tenantId: owner.tenantId,
    });
    ctx.wake("queue");
    return toTask(created);
  });
}

function contentOf(input: CreateTaskInput) {
  const references = input.references ?? [];
  if (jsonDepth(references, REFERENCES_DEPTH_MAX) > REFERENCES_DEPTH_MAX) {
    throw new InvalidInputError(`references: nested deeper than ${REFERENCES_DEPTH_MAX} levels`);
  }
  return {
    queue: input.queue ?? "default",
    lane: input.lane ?? "default",
    title: input.title,
    priority: input.priority ?? 0,
    backendProfile: input.backendProfile,
    providerId: input.providerId ?? "default",
    sessionId: input.sessionId ?? null,
    workspaceRef: input.workspaceRef ?? null,
    executionPolicy: input.executionPolicy ?? null,
    resourceBundleRef: input.resourceBundleRef ?? null,
    payload: input.payload,
    referencesJson: cleanJson(references),
    metadata: input.metadata ?? {},
    runAt: input.runAt === undefined ? null : new Date(input.runAt).toISOString(),
    // Left out where it is not said, so that tasks of before it could be said are the same content.
    ...(input.expiresAt === undefined ? {} : { expiresAt: new Date(input.expiresAt).toISOString() }),
    ...(input.retry === undefined ? {} : { retry: input.retry }),
  };
}

/** Content that has a column of its own name and type. */
function columnsOf({ retry: _retry, runAt: _runAt, expiresAt: _expiresAt, ...columns }: TaskContent) {
  return columns;
}

function timesOf({ runAt, expiresAt }: TaskContent) {
  const at = runAt === null ? null : new Date(runAt);
  const isDue = at === null || at <= new Date();
  const notBefore = isDue ? null : at;
  return { runAt: at, notBefore, expiresAt: expiresAt === undefined ? null : new Date(expiresAt) };
}

/** A session that is there already must be one that a run of this task could use. */
async function requireSession(ctx: TxContext, input: CreateTaskInput, owner: Owner): Promise<void> {
  if (input.sessionId === undefined) return;
  const [session] = await ctx.db
    .select({ tenantId: sessions.tenantId, projectId: sessions.projectId, backendProfile: sessions.backendProfile })
    .from(sessions)
    .where(eq(sessions.sessionId, input.sessionId));
  if (!session) return;
  if (tenantOf(ctx) !== null && session.tenantId !== owner.tenantId)
    throw new NotFoundError("session", input.sessionId);
  const isSame =
    session.tenantId === owner.tenantId &&
    session.projectId === owner.projectId &&
    session.backendProfile === input.backendProfile;
  if (isSame) return;
  throw new ConflictError(
    "session-boundary",
    `session ${input.sessionId} belongs to another tenant, project or backend profile`,
  );
}

/** The task that was made with this key; null when there is none. Refuses other content. */
async function findReplayed(
  ctx: TxContext,
  sent: { key: string | null; owner: Owner; content: TaskContent },
): Promise<QueueTaskRow | null> {
  const { key, owner, content } = sent;
  if (key === null) return null;
  const [known] = await ctx.db
    .select()
    .from(queueTasks)
    .where(
      and(
        eq(queueTasks.tenantId, owner.tenantId),
        eq(queueTasks.projectId, owner.projectId),
        eq(queueTasks.idempotencyKey, key),
      ),
    );
  if (known && !isSameContent(known, content)) throw new IdempotencyConflictError(key);
  return known ?? null;
}

/** Judged by the hash of what was sent; rows of before it was kept by that of what they hold now; an adopted row's hash is of an unknown form, so there the payloads themselves are compared. */
function isSameContent(known: QueueTaskRow, content: TaskContent): boolean {
  if (known.contentHash !== null) return known.contentHash === payloadHash(content);
  if (known.payloadHash === payloadHash(content)) return true;
  const isOurs = known.payloadHash === payloadHash(storedContent(known));
  return !isOurs && payloadHash(known.payload) === payloadHash(content.payload);
}

function storedContent(row: QueueTaskRow): Record<string, unknown> {
  return {
    queue: row.queue,
    lane: row.lane,
    title: row.title,
    priority: row.priority,
    backendProfile: row.backendProfile,
    providerId: row.providerId,
    sessionId: row.sessionId,
    workspaceRef: row.workspaceRef,
    executionPolicy: row.executionPolicy,
    resourceBundleRef: row.resourceBundleRef,
    payload: row.payload,
    referencesJson: row.referencesJson,
    metadata: row.metadata,
    runAt: row.runAt?.toISOString() ?? null,
  };
}
