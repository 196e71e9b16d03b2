import { attachmentsIn } from "@/contract/image";
import { insertUses } from "@/db/queries/storage/attachment-uses";
import { findImageFaults } from "@/server/attachments";
import { isTxContext, type ServiceContext } from "@/server/context";
import type { TaskRequest, TaskResult } from "./add-tasks";

/** Whether a task shows images. Such tasks are added in a transaction. */
export function hasImages({ content }: Pick<TaskRequest, "content">): boolean {
  return attachmentsIn(content.payload).length > 0;
}

/**
 * Returns what is wrong with the images that tasks show. In a transaction the images are locked. Runs no statement
 * where no task shows any.
 */
export async function findFaultyImages(
  ctx: ServiceContext,
  requests: TaskRequest[],
  isLocking: boolean,
): Promise<Map<TaskRequest, unknown>> {
  const showing = requests.filter(hasImages);
  if (showing.length === 0) return new Map();
  const named = showing.map(({ row: { tenantId, projectId }, content }) => {
    return { tenantId, projectId, ids: attachmentsIn(content.payload) };
  });
  const faults = await findImageFaults(ctx, named, isLocking);
  return new Map(
    showing.flatMap((request, index) => {
      const fault = faults[index] ?? null;
      return fault === null ? [] : [[request, fault] as const];
    }),
  );
}

/** Notes which images the tasks show that were added. */
export async function storeImageUses(
  ctx: ServiceContext,
  results: ReadonlyMap<TaskRequest, TaskResult>,
): Promise<void> {
  const uses = [...results].flatMap(([{ row, content }, { isAdded }]) =>
    isAdded ? attachmentsIn(content.payload).map((attachmentId) => ({ userId: row.id, attachmentId })) : [],
  );
  if (uses.length === 0) return;
  if (!isTxContext(ctx)) throw new Error("tasks that show images are added in a transaction");
  await insertUses(ctx.db, "task", uses);
}
