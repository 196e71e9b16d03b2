import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { BULK_KEPT_DAYS } from "@/contract/words";
import { bulkActions, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { createTestQueue, type TestQueue } from "@/server/dispatcher/test/queue";
import { updateAttempt } from "@/server/queue";
import { createSession } from "@/server/sessions";
import { tenantOperator } from "@/server/storage/test/context";
import { createBulk, listBulkResults, readBulkOutcomes, retryBulk, runBulkActions, undoBulk } from ".";

async function runAll(ctx: ServiceContext): Promise<void> {
  while ((await runBulkActions(ctx)) > 0);
}

/** Makes three waiting tasks and two ended ones, and an action that has cancelled what it could. */
async function cancelled(queue: TestQueue) {
  const { ctx } = queue;
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) ids.push(await queue.add({ queue: "q", title: `of ${index}` }));
  for (const taskId of ids.slice(3)) await updateAttempt(ctx, { taskId, state: "completed", latestAttempt: null });
  const bulk = await createBulk(ctx, { kind: "task", action: "cancel", filter: { queue: "q" } });
  return { ids, bulkId: bulk.id };
}

test("groups refusals by reason, and gives each row its title", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const { ids, bulkId } = await cancelled(queue);
  const waiting = await listBulkResults(ctx, { bulkId, outcome: "waiting", limit: 2 });
  expect(waiting.items.map(({ title, outcome }) => [title, outcome])).toEqual([
    ["of 0", null],
    ["of 1", null],
  ]);
  const more = await listBulkResults(ctx, { bulkId, outcome: "waiting", cursor: waiting.cursor ?? "", limit: 50 });
  expect(more.items).toHaveLength(3);
  expect(await readBulkOutcomes(ctx, { bulkId })).toMatchObject({ reasons: [], keptUntil: null });

  await runAll(ctx);
  const { reasons, hasMore, keptUntil } = await readBulkOutcomes(ctx, { bulkId });
  expect(reasons).toEqual([
    { outcome: "refused", count: 2, message: expect.stringContaining("… is completed, which is final") },
  ]);
  expect(hasMore).toBe(false);
  const [row] = await ctx.db.select().from(bulkActions).where(eq(bulkActions.id, bulkId));
  expect(Date.parse(keptUntil ?? "") - (row?.endedAt?.getTime() ?? 0)).toBe(BULK_KEPT_DAYS * 86_400_000);
  const refused = await listBulkResults(ctx, { bulkId, outcome: "refused", limit: 50 });
  expect(refused.items.map(({ targetId, title }) => [targetId, title])).toEqual([
    [ids[3], "of 3"],
    [ids[4], "of 4"],
  ]);
  expect((await listBulkResults(ctx, { bulkId, outcome: "waiting", limit: 50 })).items).toEqual([]);
});

test("a row of a deleted task has no title, and another tenant sees none", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const { ids, bulkId } = await cancelled(queue);
  await runAll(ctx);
  await ctx.db.delete(queueTasks).where(eq(queueTasks.id, ids[0] ?? ""));
  const { items } = await listBulkResults(ctx, { bulkId, outcome: "done", limit: 50 });
  expect(items.map(({ title }) => title)).toEqual([null, "of 1", "of 2"]);
  const bound = { ...ctx, actor: tenantOperator("other") };
  for (const call of [readBulkOutcomes(bound, { bulkId }), listBulkResults(bound, { bulkId, limit: 5 })])
    await expect(call).rejects.toMatchObject({ reason: "not-found" });
});

test("lists the actions that retried or undid an action, and none that only has such a key", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const { bulkId, ids } = await cancelled(queue);
  await createBulk(ctx, { kind: "task", action: "retry", ids: ids.slice(0, 1), idempotencyKey: `undo:${bulkId}` });
  await runAll(ctx);
  expect(await readBulkOutcomes(ctx, { bulkId })).toMatchObject({ retriedById: null, undoneById: null });
  const again = await retryBulk(ctx, { bulkId });
  expect(await readBulkOutcomes(ctx, { bulkId })).toMatchObject({ retriedById: again.id, undoneById: null });

  await createSession(ctx, { backendProfile: "demo", sessionId: "s", storage: { kind: "pvc" } });
  const pin = await createBulk(ctx, { kind: "session", action: "pin", ids: ["s"] });
  await runAll(ctx);
  const back = await undoBulk(ctx, { bulkId: pin.id });
  expect(await readBulkOutcomes(ctx, { bulkId: pin.id })).toMatchObject({ retriedById: null, undoneById: back.id });
});
