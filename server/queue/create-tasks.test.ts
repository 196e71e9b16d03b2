import { expect, test } from "vitest";
import type { CreateTaskInput, CreateTasksResult } from "@/contract/queue";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { inTx } from "@/server/context";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { createTask, createTasks, listTasks, queueStats, setControlState } from ".";

const task = (input: Partial<CreateTaskInput> = {}): CreateTaskInput => {
  return { title: "Mend the roof", backendProfile: "codex", payload: { text: "mend it" }, ...input };
};
const reasons = ({ items }: CreateTasksResult) => {
  return items.map((item) => ("task" in item ? "added" : item.error.reason));
};
const idOf = ({ items }: CreateTasksResult, place: number): string => {
  const item = items[place];
  if (!item || !("task" in item)) throw new Error(`item ${place} is no task`);
  return item.task.id;
};
type AuditedTask = { action: string; actor: string; target: string; tenant: string };
/** Returns who added each task according to the audit log, whether alone or in a batch. */
const readAudit = async (ctx: ServiceContext): Promise<AuditedTask[]> => {
  const { rows } = await ctx.pool.query(
    `select action, actor, target, tenant_id as tenant from agentrun_audit cross join lateral (
       select target_id as target where action = 'queue.createTask'
       union all select jsonb_array_elements_text(details->'taskIds') where action = 'queue.createTasks') task
     order by target`,
  );
  return rows;
};

/** Makes the database itself refuse tasks of this title. */
async function refuseTitle(ctx: ServiceContext, title: string): Promise<void> {
  await ctx.pool.query(`create function refuse_task() returns trigger language plpgsql as $$
    begin raise exception 'refused by the test'; end $$`);
  await ctx.pool.query(`create trigger refuse before insert on agentrun_queue_tasks for each row
    when (new.title = '${title}') execute function refuse_task()`);
}

test("returns one result per task of a batch, in input order", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db
    .insert(sessions)
    .values({ sessionId: "s1", tenantId: "default", projectId: "elsewhere", backendProfile: "codex" });
  await setControlState(ctx, { queue: "closing" }, "draining");
  await createTask(ctx, task({ idempotencyKey: "used" }));
  const workspaceRef = { kind: "directory" as const, path: "/srv/work" };
  const result = await createTasks(ctx, {
    tasks: [
      task(),
      task({ sessionId: "s1" }),
      task({ backendProfile: "nobody" }),
      task({ idempotencyKey: "used", title: "Other" }),
      task({ idempotencyKey: "used" }),
      task({ queue: "closing" }),
      task({ workspaceRef }),
      task({ references: [nested(300)] }),
      task({ sessionId: "s1", projectId: "elsewhere" }),
    ],
  });
  expect(reasons(result)).toEqual([
    "added",
    "session-boundary",
    "invalid-input",
    "idempotency-conflict",
    "added",
    "queue-draining",
    "invalid-input",
    "invalid-input",
    "added",
  ]);
  expect(result.items[1]).toMatchObject({ error: { requestId: ctx.requestId, failureKind: "schema-invalid" } });
  expect((await queueStats(ctx, {})).total).toBe(3);
});

test("returns tasks as they are stored", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const [due, early] = [task({ metadata: { concurrencyKey: "house" }, priority: -3 }), task({ runAt, lane: "late" })];
  const retry = { maxAttempts: 5, retryOn: ["infra-failed" as const] };
  const { items } = await createTasks(ctx, {
    tasks: [due, early, task({ retry, expiresAt: runAt, workspaceRef: { kind: "empty" }, references: [1, "two"] })],
  });
  const stored = new Map((await listTasks(ctx, { limit: 50 })).items.map((item) => [item.id, item]));
  for (const item of items) {
    if (!("task" in item)) throw new Error("a task was refused");
    const {
      unread: _unread,
      blocker: _blocker,
      dependencyCount: _dependencyCount,
      ...known
    } = stored.get(item.task.id) ?? { unread: true, blocker: null, dependencyCount: 0 };
    expect(item.task).toEqual(known);
  }
  expect(items.map((item) => ("task" in item ? item.task.nextAttemptAt : null))).toEqual([null, runAt, null]);
});

test("two tasks of a batch with one key are one task; with other content the second conflicts", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const tasks = [
    task({ idempotencyKey: "b" }),
    task({ idempotencyKey: "a" }),
    task({ idempotencyKey: "b" }),
    task({ idempotencyKey: "b", title: "Other" }),
    task({ idempotencyKey: "b", projectId: "other", title: "Other" }),
  ];
  const first = await createTasks(ctx, { tasks });
  expect(reasons(first)).toEqual(["added", "added", "added", "idempotency-conflict", "added"]);
  expect(idOf(first, 2)).toBe(idOf(first, 0));
  const again = await createTasks(ctx, { tasks });
  expect([0, 1, 2, 4].map((place) => idOf(again, place))).toEqual([0, 1, 2, 4].map((place) => idOf(first, place)));
  expect(await readAudit(ctx)).toHaveLength(3);
});

test("a batch of 1,000 keeps its order, writes one audit row that names each task, and gets feed positions", async () => {
  await using store = await createTestStore();
  const ctx = store.as(tenantOperator("acme"));
  const tasks = Array.from({ length: 1_000 }, (_, index) => task({ title: `t${index}`, idempotencyKey: `k${index}` }));
  const { items } = await createTasks(ctx, { tasks });
  const ids = items.map((item) => ("task" in item ? item.task.id : ""));
  expect(ids).toEqual([...ids].sort());
  expect(ctx.woken).toEqual(["queue"]);
  const audit = await readAudit(ctx);
  expect(audit.map(({ target }) => target)).toEqual(ids);
  expect(new Set(audit.map(({ actor, tenant }) => `${actor} ${tenant}`))).toEqual(new Set(["operator:of acme acme"]));
  const told = await ctx.pool.query("select target_id as first, details->'tasks' as tasks from agentrun_audit");
  expect(told.rows).toEqual([{ first: ids[0], tasks: 1_000 }]);
  const { rows } = await ctx.pool.query(
    "select count(distinct version)::int as versions, count(*) filter (where change_xid = '0')::int as unstamped from agentrun_queue_tasks",
  );
  expect(rows).toEqual([{ versions: 1_000, unstamped: 0 }]);
  expect((await queueStats(ctx, {})).total).toBe(1_000);
});

test("batches with the same keys in different orders finish concurrently, each key once", async () => {
  await using store = await createTestStore();
  const callers = [store.as(), store.as(), store.as()];
  const keys = Array.from({ length: 200 }, (_, index) => `k${index}`);
  const orders = [keys, [...keys].reverse(), keys.map((_, index) => keys[(index * 7) % keys.length] ?? "")];
  const results = await Promise.all(
    Array.from({ length: 9 }, (_, index) => {
      const tasks = (orders[index % 3] ?? []).map((idempotencyKey) => task({ idempotencyKey, title: idempotencyKey }));
      return createTasks(callers[index % 3] ?? store.as(), { tasks });
    }),
  );
  expect(new Set(results.flatMap(reasons))).toEqual(new Set(["added"]));
  expect((await queueStats(store.as(), {})).total).toBe(200);
});

test("a tenant's caller adds only to its own tenant, and learns nothing of another tenant's session", async () => {
  await using store = await createTestStore();
  const acme = store.as(tenantOperator("acme"));
  await acme.db
    .insert(sessions)
    .values({ sessionId: "theirs", tenantId: "other", projectId: "default", backendProfile: "codex" });
  const tasks = [task({ tenantId: "other" }), task({ sessionId: "theirs" }), task()];
  const result = await createTasks(acme, { tasks });
  expect(reasons(result)).toEqual(["forbidden", "not-found", "added"]);
});

test("a task that the database refuses fails alone", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await refuseTitle(ctx, "bad");
  const tasks = Array.from({ length: 9 }, (_, index) => task({ title: index === 4 ? "bad" : `t${index}` }));
  const wanted = Array.from({ length: 9 }, (_, index) => (index === 4 ? "unexpected" : "added"));
  const result = await createTasks(ctx, { tasks });
  expect(reasons(result)).toEqual(wanted);
  expect(JSON.stringify(result)).not.toContain("refused by the test");
  expect(await readAudit(ctx)).toHaveLength(8);
});

test("concurrent callers share a commit, each with its own answer, error and audit name", async () => {
  await using store = await createTestStore();
  const base = store.as();
  await refuseTitle(base, "bad");
  await createTask(base, task({ idempotencyKey: "used" }));
  const callers = ["a", "b", "c"].map((tenant) => ({ ...base, actor: tenantOperator(tenant) }));
  const isBad = (index: number) => index === 100;
  const answers = await Promise.allSettled(
    Array.from({ length: 200 }, (_, index) => {
      const caller = callers[index % 3] ?? base;
      if (index === 50) return createTask(base, task({ idempotencyKey: "used", title: "Other" }));
      if (index === 51) return createTask(caller, task({ tenantId: "z" }));
      return createTask(caller, task({ title: isBad(index) ? "bad" : `t${index}` }));
    }),
  );
  const { rows } = await base.pool.query("select count(distinct change_xid)::int as commits from agentrun_queue_tasks");
  expect(rows[0].commits).toBeLessThan(60);
  answers.forEach((answer, index) => {
    if (index === 50) expect(answer).toMatchObject({ reason: { reason: "idempotency-conflict" } });
    else if (index === 51) expect(answer).toMatchObject({ reason: { failureKind: "forbidden" } });
    else if (isBad(index)) expect(String((answer as PromiseRejectedResult).reason)).toMatch("refused by the test");
    else expect(answer).toMatchObject({ value: { title: `t${index}`, tenantId: "abc"[index % 3] } });
  });
  const audit = await readAudit(base);
  expect(audit).toHaveLength(198);
  const wrong = audit.filter(({ actor, tenant }) => tenant !== "default" && actor !== `operator:of ${tenant}`);
  expect(wrong).toEqual([]);
});

test("a task added inside a transaction is rolled back with it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const undone = inTx(ctx, async (ctx) => {
    await createTask(ctx, task());
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  expect((await queueStats(ctx, {})).total).toBe(0);
  expect(await readAudit(ctx)).toEqual([]);
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
