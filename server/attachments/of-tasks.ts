import { attachmentsIn } from "@/contract/image";
import {
  endUses,
  expireUnused,
  findProjectImages,
  findTurnImages,
  handOverImages,
  type ImageSum,
  insertUses,
  lockProjectImages,
  type NamedImages,
  type ShownUse,
  sumSessionImages,
  type TurnImage,
} from "@/db/queries/storage/attachment-uses";
import { isTxContext, type ServiceContext, type TxContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { UNUSED_HOURS } from "./create";
import { assertFitsMessage } from "./name";
import { sessionRoomRefusal } from "./room";

const WAY = "one that no task names goes a day after its upload, upload it again";

/**
 * Judges the images that tasks or schedules name, and locks them in a transaction that is to note their use. Returns
 * what is wrong with each, in the order of the input; null: nothing.
 */
export async function findImageFaults(
  ctx: ServiceContext,
  named: NamedImages[],
  isLocking: boolean,
): Promise<unknown[]> {
  const found = isLocking ? await lockProjectImages(txOf(ctx), named) : await findProjectImages(ctx.db, named);
  return named.map(({ tenantId, projectId, ids }) => {
    const own = found.filter((image) => image.tenantId === tenantId && image.projectId === projectId);
    const images = ids.flatMap((id) => own.find((image) => image.id === id) ?? []);
    const missing = ids.find((id) => !images.some((image) => image.id === id));
    if (missing !== undefined)
      return new NotFoundError(
        "attachment",
        `${missing} (payload.attachments[${ids.indexOf(missing)}])`,
        `among the images for tasks of project ${projectId}: ${WAY}`,
      );
    return errorOf(() => assertFitsMessage(images));
  });
}

/** Notes which images the tasks of a schedule show. What only the schedule's earlier task showed goes a day later. */
export async function setScheduleImages(
  ctx: TxContext,
  { id, tenantId, projectId }: { id: string; tenantId: string; projectId: string },
  payload: Record<string, unknown>,
): Promise<void> {
  const endedIds = await endUses(ctx.db, "schedule", id);
  const ids = attachmentsIn(payload);
  if (ids.length > 0) {
    const [fault = null] = await findImageFaults(ctx, [{ tenantId, projectId, ids }], true);
    if (fault !== null) throw fault;
    const uses = ids.map((attachmentId) => ({ userId: id, attachmentId }));
    await insertUses(ctx.db, "schedule", uses);
  }
  await expireUnused(ctx.db, endedIds, UNUSED_HOURS);
}

/** A task about to be dispatched, with the session that it names. */
type ShowingTask = { id: string; sessionId: string | null; payload: Record<string, unknown> };

/**
 * Returns why tasks cannot show the images that they name; a task that can has no entry. Runs no statement where no
 * task names any.
 */
export async function findImageRefusals(ctx: TxContext, tasks: ShowingTask[]): Promise<Map<string, string>> {
  const showing = tasks.flatMap(({ id, sessionId, payload }) => {
    const ids = attachmentsIn(payload);
    return ids.length === 0 ? [] : [{ taskId: id, sessionId, ids }];
  });
  if (showing.length === 0) return new Map();
  const images = await findTurnImages(ctx.db, showing);
  const sessionIds = showing.flatMap(({ sessionId }) => sessionId ?? []);
  const sums = new Map((await sumSessionImages(ctx.db, sessionIds)).map((sum) => [sum.sessionId, sum]));
  const refusals = new Map<string, string>();
  for (const { taskId, sessionId, ids } of showing) {
    const kept = images.filter((image) => image.taskId === taskId);
    const sum = (sessionId === null ? undefined : sums.get(sessionId)) ?? { sessionId: "", count: 0, bytes: 0 };
    const refusal = refusalOf(ctx, { ids, kept, sum });
    if (refusal !== null) refusals.set(taskId, refusal);
  }
  return refusals;
}

function refusalOf(
  ctx: TxContext,
  { ids, kept, sum }: { ids: string[]; kept: TurnImage[]; sum: ImageSum },
): string | null {
  const missing = ids.find((id) => !kept.some((image) => image.id === id));
  if (missing !== undefined)
    return `image ${missing} that it shows is not kept any more: upload it again and add the task anew`;
  const added = kept.filter(({ isShown }) => !isShown);
  const bytes = added.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  return sessionRoomRefusal(ctx.settings, sum, { count: added.length, bytes });
}

/** Notes which sessions show the images of tasks that were dispatched. Runs no statement where none shows any. */
export async function handOverToSessions(ctx: TxContext, shown: ShownUse[]): Promise<void> {
  if (shown.length > 0) await handOverImages(ctx.db, shown);
}

function txOf(ctx: ServiceContext): TxContext["db"] {
  if (isTxContext(ctx)) return ctx.db;
  throw new Error("tasks that show images are added in a transaction");
}

/** Returns what a check throws; null: it passes. */
function errorOf(check: () => void): unknown {
  try {
    check();
    return null;
  } catch (error) {
    return error;
  }
}
