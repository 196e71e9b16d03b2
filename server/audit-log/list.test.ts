import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { ListAuditInput } from "@/contract/audit";
import { audit } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { unique } from "@/db/test/factories";
import { cancelTask, createTask, createTasks } from "@/server/queue";
import { tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { listAudit } from ".";

const asked = (input: Partial<ListAuditInput>) => ListAuditInput.parse(input);
type Values = Partial<typeof audit.$inferInsert>;

async function makeRow(ctx: ReturnType<typeof testContext>, values: Values = {}): Promise<string> {
  const id = unique("aud_test");
  const row = { actor: "operator:ann", action: "runs.cancel", targetKind: "run", targetId: "run_1", ...values };
  await ctx.db.insert(audit).values({ id, ...row });
  return id;
}

test("filters work alone and combined, and a tenant sees only its own rows", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const plain = await makeRow(ctx, { tenantId: "t1" });
  const byBob = await makeRow(ctx, { tenantId: "t1", actor: "operator:bob" });
  const ofTask = await makeRow(ctx, {
    tenantId: "t2",
    targetKind: "task",
    targetId: "qt_1",
    action: "queue.cancelTask",
  });
  const ofAll = await makeRow(ctx, { targetKind: "backend", targetId: "codex", details: { maxRunning: 3 } });
  const old = await makeRow(ctx, { tenantId: "t1", at: new Date(Date.now() - 90_000_000) });
  const all = async (input: Partial<ListAuditInput>, as: Parameters<typeof listAudit>[0] = ctx) =>
    (await listAudit(as, asked(input))).items.map(({ id }) => id);

  expect(await all({})).toEqual([ofAll, ofTask, byBob, plain, old]);
  expect(await all({ id: byBob })).toEqual([byBob]);
  expect(await all({ actor: "operator:bob" })).toEqual([byBob]);
  expect(await all({ action: "runs.cancel", withinHours: 24 })).toEqual([ofAll, byBob, plain]);
  expect(await all({ targetId: "qt_1" })).toEqual([ofTask]);
  expect(await all({ targetKind: "backend" })).toEqual([ofAll]);
  expect(await all({ targetKind: "backend", targetId: "qt_1" })).toEqual([]);
  expect(await all({ actor: "operator:ann", tenantId: "t1" })).toEqual([plain, old]);
  expect(await all({ until: new Date(Date.now() - 86_400_000).toISOString() })).toEqual([old]);

  const bySystem = await makeRow(ctx, { tenantId: "t1", actor: "system:gc" });
  expect(await all({ callerKind: "system" })).toEqual([bySystem]);
  expect(await all({ callerKind: "operator", withinHours: 24 })).toEqual([ofAll, ofTask, byBob, plain]);
  await ctx.db.delete(audit).where(eq(audit.id, bySystem));

  const tenant = ctx.as(tenantOperator("t1"));
  expect(await all({}, tenant)).toEqual([byBob, plain, old]);
  expect(await all({ targetKind: "backend" }, tenant)).toEqual([]);
  expect(await all({ id: ofTask }, tenant)).toEqual([]);
  expect(await all({ tenantId: "t2" }, tenant)).toEqual([]);
  const [row] = (await listAudit(ctx, asked({ id: ofAll }))).items;
  expect(row).toMatchObject({ tenantId: null, details: { maxRunning: 3 }, at: expect.stringMatching(/Z$/) });
});

test("a task added in a batch is found by its id, only by its tenant, with later actions on it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const task = (tenantId: string) => ({ title: "Mend", backendProfile: "codex", payload: {}, tenantId });
  const before = await createTask(ctx, task("acme"));
  const { items } = await createTasks(ctx, { tasks: ["acme", "other", "acme", "other"].map(task) });
  const [first = "", theirs = "", second = ""] = items.map((item) => ("task" in item ? item.task.id : ""));
  await cancelTask(ctx, { taskId: second });
  const told = async (input: Partial<ListAuditInput>, as: Parameters<typeof listAudit>[0] = ctx) =>
    (await listAudit(as, asked(input))).items.map(({ action, targetId }) => `${action} ${targetId}`);

  const batch = `queue.createTasks ${first}`;
  expect(await told({ targetId: second })).toEqual([`queue.cancelTask ${second}`, batch]);
  expect(await told({ targetId: first, targetKind: "task" })).toEqual([batch]);
  expect(await told({ targetId: second, action: "queue.createTasks" })).toEqual([batch]);
  expect(await told({ targetId: second, targetKind: "run" })).toEqual([]);
  expect(await told({ targetId: before.id })).toEqual([`queue.createTask ${before.id}`]);
  expect(await told({ targetId: theirs })).toEqual([`queue.createTasks ${theirs}`]);
  const acme = ctx.as(tenantOperator("acme"));
  expect(await told({ targetId: second }, acme)).toEqual([`queue.cancelTask ${second}`, batch]);
  expect(await told({ targetId: theirs }, acme)).toEqual([]);

  const [row] = (await listAudit(ctx, asked({ targetId: first }))).items;
  expect(row?.details).toEqual({ tasks: 2 });
  const [whole] = (await listAudit(ctx, asked({ id: row?.id ?? "" }))).items;
  expect(whole?.details).toEqual({ tasks: 2, taskIds: [first, second] });
});

test("rows of one instant appear once each across pages, and a cursor is bound to its filter", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const at = new Date();
  const made = [];
  for (let row = 0; row < 7; row += 1) made.push(await makeRow(ctx, { at, actor: "operator:ann" }));
  const told: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await listAudit(
      ctx,
      asked({ actor: "operator:ann", limit: 3, ...(cursor === null ? {} : { cursor }) }),
    );
    told.push(...page.items.map(({ id }) => id));
    ({ cursor } = page);
  } while (cursor !== null);
  expect(told.toSorted()).toEqual(made.toSorted());
  const { cursor: other } = await listAudit(ctx, asked({ limit: 3 }));
  await expect(listAudit(ctx, asked({ actor: "operator:ann", cursor: other ?? "" }))).rejects.toThrow("another filter");
});

test("a page reads a bounded number of rows for any filter, and paging reaches the last match", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const first = await makeRow(ctx, { actor: "operator:rare", targetKind: "volume", tenantId: "t1", at: new Date(0) });
  await ctx.pool.query(
    `insert into agentrun_audit (id, at, actor, action, tenant_id, target_kind, target_id)
     select 'aud_many_' || n, now() - interval '1 second' * n, 'operator:program', 'queue.createTask', 'default', 'task',
       'qt_' || n from generate_series(1, 13000) n`,
  );
  await ctx.pool.query("analyze agentrun_audit");
  for (const filter of [
    { actor: "operator:rare" },
    { tenantId: "t1" },
    { targetId: "qt_12999" },
    { action: "runs.cancel" },
  ])
    expect(
      await rowsRead(ctx, "agentrun_audit", (ctx) => listAudit(ctx, asked(filter))),
      JSON.stringify(filter),
    ).toBeLessThan(50);
  const slow = [{ targetKind: "volume" }, { actor: "operator:program", action: "runs.cancel" }] as const;
  for (const filter of slow) {
    // At most 5,000 rows twice: once to find the end of the page, once to read it.
    const read = await rowsRead(ctx, "agentrun_audit", (ctx) => listAudit(ctx, asked(filter)));
    expect(read, JSON.stringify(filter)).toBeLessThanOrEqual(10_100);
  }
  const found: string[] = [];
  let pages = 0;
  for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
    const page: Awaited<ReturnType<typeof listAudit>> = await listAudit(
      ctx,
      asked({ targetKind: "volume", ...(cursor === undefined ? {} : { cursor }) }),
    );
    found.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
  }
  expect(found).toEqual([first]);
  expect(pages).toBe(3);
});

test("a tenant's cursor reveals no position of another tenant's rows", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const mine = await makeRow(ctx, { tenantId: "mine", at: new Date(0) });
  await ctx.pool.query(
    `insert into agentrun_audit (id, at, actor, action, tenant_id, target_kind, target_id)
     select 'aud_theirs_' || n, now() - interval '1 second' * n, 'operator:ann', 'runs.cancel', 'theirs', 'run', 'run_2'
       from generate_series(1, 6000) n`,
  );
  const tenant = ctx.as(tenantOperator("mine"));
  for (const filter of [{ actor: "operator:ann" }, { action: "runs.cancel" }, { actor: "operator:ann", limit: 1 }]) {
    const page = await listAudit(tenant, asked(filter));
    expect([page.items.map(({ id }) => id), page.cursor]).toEqual([[mine], null]);
  }
});
