import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CountViewsInput, CreateViewInput, ListViewsInput } from "@/contract/view";
import { VIEW_COUNT_MAX, VIEWS_MAX } from "@/contract/words";
import { connect } from "@/db/client";
import { audit } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun, makeSession } from "@/db/test/factories";
import type { Actor, ServiceContext } from "@/server/context";
import { createTask } from "@/server/queue";
import { registerRunner } from "@/server/runners";
import { testContext } from "@/server/test/context";
import { countViews, createView, deleteView, listViews, updateView } from ".";

const person = (
  name: string,
  tenantId: string | null = "t1",
  role: "viewer" | "operator" | "admin" = "operator",
): Actor => ({ kind: "operator", name, role, tenantId, tokenId: null });
const make = (ctx: ServiceContext, input: Partial<CreateViewInput> & { name: string }) =>
  createView(ctx, CreateViewInput.parse({ page: "runs", query: "status:failed", ...input }));
const namesOf = async (ctx: ServiceContext, input: Partial<ListViewsInput> = {}) =>
  (await listViews(ctx, ListViewsInput.parse(input))).items.map(({ name }) => name);
/** Enough time even for a busy machine; tests of the time limit itself give their own. */
const PATIENCE_MS = 20_000;

const countsOf = async (ctx: ServiceContext, page: CountViewsInput["page"], budgetMs = PATIENCE_MS) => {
  const counts: Record<string, [number | null, boolean]> = {};
  const views = new Map((await listViews(ctx, ListViewsInput.parse({ page }))).items.map(({ id, name }) => [id, name]));
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const counted = await countViews(
      ctx,
      CountViewsInput.parse({ page, readerId: "ann", ...(cursor ? { cursor } : {}) }),
      budgetMs,
    );
    for (const { viewId, count, hasMore } of counted.items) counts[views.get(viewId) ?? ""] = [count, hasMore];
    cursor = counted.cursor;
  }
  return counts;
};

test("a view is visible to its owner, a shared one to its tenant, and never to another tenant", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [ann, bob, eve, all] = [person("ann"), person("bob"), person("ann", "t2"), person("ann", null, "admin")].map(
    (actor) => ctx.as(actor),
  ) as [ServiceContext, ServiceContext, ServiceContext, ServiceContext];
  await make(ann, { name: "Mine" });
  const shared = await make(ann, { name: "Ours", isShared: true });
  await make(ann, { name: "Of sessions", page: "sessions", query: "" });

  expect(await namesOf(ann)).toEqual(["Mine", "Ours", "Of sessions"]);
  expect(await namesOf(ann, { page: "runs" })).toEqual(["Mine", "Ours"]);
  expect(await namesOf(bob)).toEqual(["Ours"]);
  expect(await namesOf(eve)).toEqual([]);
  expect(await namesOf(all)).toEqual([]);
  const first = await listViews(ann, ListViewsInput.parse({ limit: 2 }));
  expect(first.cursor).not.toBeNull();
  const next = await listViews(ann, ListViewsInput.parse({ limit: 2, cursor: first.cursor ?? "" }));
  expect(next.items.map(({ name }) => name)).toEqual(["Of sessions"]);

  const [seen] = (await listViews(bob, ListViewsInput.parse({}))).items;
  expect(seen).toMatchObject({ isOwn: false, isEditable: false, owner: "operator:ann", isShared: true });
  await expect(updateView(bob, { viewId: shared.id, name: "Bob's" })).rejects.toMatchObject({ reason: "forbidden" });
  await expect(deleteView(eve, { viewId: shared.id })).rejects.toMatchObject({ reason: "not-found" });
  const mine = (await listViews(ann, ListViewsInput.parse({}))).items[0]?.id ?? "";
  await expect(deleteView(bob, { viewId: mine })).rejects.toMatchObject({ reason: "not-found" });
  // An administrator of the tenant may delete what is shared.
  await deleteView(ctx.as(person("root", "t1", "admin")), { viewId: shared.id });
  expect(await namesOf(bob)).toEqual([]);
});

test("a change needs the current version, and writes an audit row", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  const made = await make(ann, { name: "Failing", query: '"x" status:failed   age<60m' });
  expect(made).toMatchObject({ query: "status:failed age<1h x", version: 1, isOwn: true, tenantId: "t1" });
  const renamed = await updateView(ann, { viewId: made.id, name: "Failed", expectedVersion: 1 });
  expect(renamed).toMatchObject({ name: "Failed", version: 2, isShared: false });
  await expect(updateView(ann, { viewId: made.id, query: "", expectedVersion: 1 })).rejects.toMatchObject({
    reason: "version-conflict",
    details: { current: expect.objectContaining({ name: "Failed", version: 2 }) },
  });
  await expect(deleteView(ann, { viewId: made.id, expectedVersion: 1 })).rejects.toMatchObject({
    reason: "version-conflict",
  });
  // Nothing changes, so nothing is audited.
  expect(await updateView(ann, { viewId: made.id, name: "Failed" })).toMatchObject({ version: 2 });
  await updateView(ann, { viewId: made.id, isShared: true });
  expect(await deleteView(ann, { viewId: made.id, expectedVersion: 3 })).toMatchObject({
    query: "status:failed age<1h x",
  });

  const rows = await ctx.db.select().from(audit).orderBy(audit.at, audit.id);
  expect(rows.map(({ action, targetId, actor, tenantId }) => [action, targetId, actor, tenantId])).toEqual(
    ["create", "update", "update", "delete"].map((verb) => [`views.${verb}`, made.id, "operator:ann", "t1"]),
  );
  expect(rows[1]?.details).toEqual({ page: "runs", was: "Failing", name: "Failed" });
});

test("a view stores its list's arrangement, which does not affect its count", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  await makeSession(ctx.db, { tenantId: "t1" });
  const kept = await make(ann, {
    name: "Kept",
    page: "sessions",
    query: "group:project zz-no columns:version,id state:all",
  });
  expect(kept.query).toBe("state:all columns:id,version group:project zz-no");
  await make(ann, { name: "All", page: "sessions", query: "columns:none group:state state:all" });
  expect(await countsOf(ann, "sessions")).toEqual({ Kept: [0, false], All: [1, false] });
  await expect(updateView(ann, { viewId: kept.id, query: "columns:id,secret" })).rejects.toMatchObject({
    reason: "invalid-input",
    message: expect.stringContaining("query: Unknown column “secret”: there are profile, "),
  });
  await expect(make(ann, { name: "Audit", page: "audit", query: "columns:id" })).rejects.toMatchObject({
    reason: "invalid-input",
  });
});

test("stores a metadata view in canonical form, and counts it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  await createTask(ann, {
    title: "Its own",
    backendProfile: "codex",
    payload: {},
    metadata: { team: "shop floor", n: 7 },
  });
  await createTask(ann, { title: "Another", backendProfile: "codex", payload: {}, metadata: { team: "shop", n: "7" } });
  const kept = await make(ann, { name: "Team", page: "queue", query: 'meta.n:7 meta.team:"shop floor"' });
  expect(kept.query).toBe('metadata.n:7 metadata.team:"shop floor"');
  await make(ann, { name: "Number", page: "queue", query: "meta.n:7" });
  expect(await countsOf(ann, "queue")).toEqual({ Team: [1, false], Number: [2, false] });
});

test("checks names, queries and the number of views, also concurrently", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  for (const name of ["", " a", "a ", "a\u0000b", "a\nb", "x".repeat(81)])
    expect(CreateViewInput.safeParse({ page: "runs", name, query: "" }).success, JSON.stringify(name)).toBe(false);
  await expect(make(ann, { name: "Odd", query: "state:failed" })).rejects.toMatchObject({
    reason: "invalid-input",
    message: "query: Unknown filter “state”: did you mean “status”?",
  });
  await make(ann, { name: "Once" });
  await expect(make(ann, { name: "Once" })).rejects.toMatchObject({ reason: "already-exists" });
  const other = await make(ann, { name: "Other" });
  await expect(updateView(ann, { viewId: other.id, name: "Once" })).rejects.toMatchObject({ reason: "already-exists" });
  // In another list, or of another person or tenant, the same name is free.
  await make(ann, { name: "Once", page: "audit", query: "" });
  await make(ctx.as(person("bob")), { name: "Once" });
  await make(ctx.as(person("ann", null)), { name: "Once" });

  const viewer = ctx.as(person("vera", "t1", "viewer"));
  const own = await make(viewer, { name: "My own" });
  await expect(make(viewer, { name: "For all", isShared: true })).rejects.toMatchObject({ reason: "forbidden" });
  await expect(updateView(viewer, { viewId: own.id, isShared: true })).rejects.toMatchObject({ reason: "forbidden" });

  await ctx.db.execute(sql`
    insert into agentrun_saved_views (id, tenant_id, owner, page, name, query)
    select 'view_' || n, 't1', 'operator:ann', 'runs', 'n' || n, '' from generate_series(1, ${VIEWS_MAX - 4}) n`);
  const tries = await Promise.allSettled(["a", "b", "c"].map((name) => make(ann, { name })));
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const tried of tries)
    if (tried.status === "rejected") expect(tried.reason).toMatchObject({ reason: "limit-reached" });
});

test("counts each list's views by its own statement, for each caller", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  const owned = { tenantId: "t1" };
  await makeRun(ctx.db, { ...owned, status: "failed", terminalStatus: "failed", failureKind: "timeout" });
  await makeRun(ctx.db, owned);
  await makeRun(ctx.db, { tenantId: "t2", status: "failed", terminalStatus: "failed" });
  await makeSession(ctx.db, { ...owned, title: "Tidy up" });
  await createTask(ann, { title: "Nightly", lane: "ci", backendProfile: "codex", payload: {} });

  await make(ann, { name: "Failed", query: "status:failed" });
  await make(ann, { name: "All", query: "" });
  await make(ann, { name: "Old", query: "age>1h" });
  expect(await countsOf(ann, "runs")).toEqual({ Failed: [1, false], All: [2, false], Old: [0, false] });
  await make(ann, { name: "Tidy", page: "sessions", query: "tidy unread:yes age<1h" });
  await make(ann, { name: "Running", page: "sessions", query: "state:running" });
  expect(await countsOf(ann, "sessions")).toEqual({ Tidy: [1, false], Running: [0, false] });
  const { items } = await countViews(ann, CountViewsInput.parse({ page: "sessions" }), PATIENCE_MS);
  expect(items.map(({ count }) => count)).toEqual([null, 0]);
  await make(ann, { name: "CI", page: "queue", query: "lane:ci age<1h" });
  await make(ann, { name: "Other", page: "queue", query: "lane:fast" });
  expect(await countsOf(ann, "queue")).toEqual({ CI: [1, false], Other: [0, false] });
  await make(ann, { name: "Views", page: "audit", query: "kind:view action:views.create" });
  await registerRunner(ann, { id: "r1", placement: "desk" });
  await make(ann, { name: "Here", page: "runners", query: "place:desk seen<1h" });
  await make(ann, { name: "Lost", page: "runners", query: "state:lost" });
  await make(ann, { name: "None", page: "storage", query: "pinned:yes" });
  expect((await countsOf(ann, "audit")).Views?.[0]).toBe(11);
  expect(await countsOf(ann, "runners")).toEqual({ Here: [1, false], Lost: [0, false] });
  expect(await countsOf(ann, "storage")).toEqual({ None: [0, false] });
  // A token that may not list something cannot learn about it by counting.
  const narrow = ctx.as({ ...person("ann"), scopes: ["views", "sessions"] } as never);
  expect(await countsOf(narrow, "runs")).toEqual({ Failed: [null, false], All: [null, false], Old: [null, false] });
  expect((await countsOf(narrow, "sessions")).Tidy).toEqual([1, false]);
  // A query that is no longer understood hides no other view's count.
  await ctx.db.execute(sql`update agentrun_saved_views set query = 'gone:yes' where name = 'Failed'`);
  expect(await countsOf(ann, "runs")).toEqual({ Failed: [null, false], All: [2, false], Old: [0, false] });
});

test("a count stops at its bound, and a slow one delays no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  await ctx.db.execute(sql`
    insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status)
    select 'run_' || n, 't1', 'p', '{}', 'default', 'codex', '{}', 'completed'
    from generate_series(1, ${VIEW_COUNT_MAX + 1}) n`);
  await make(ann, { name: "First" });
  await make(ann, { name: "All", query: "" });
  await make(ann, { name: "Last" });
  expect(await countsOf(ann, "runs")).toEqual({
    ...{ First: [0, false], All: [VIEW_COUNT_MAX, true], Last: [0, false] },
  });
  const other = connect(database.url, { poolMax: 1 });
  const client = await other.pool.connect();
  await client.query("begin; lock table agentrun_runs in access exclusive mode");
  const startMs = performance.now();
  const counted = await countViews(ann, CountViewsInput.parse({ page: "runs", readerId: "ann" }));
  expect(performance.now() - startMs).toBeLessThan(PATIENCE_MS);
  expect(counted.items).toEqual([{ viewId: expect.any(String), count: null, hasMore: false }]);
  expect(counted.cursor).not.toBeNull();
  expect(await countsOf(ann, "runs", 35)).toEqual({ First: [null, false], All: [null, false], Last: [null, false] });
  await client.query("rollback");
  client.release();
  await other.close();
  expect(await countsOf(ann, "runs")).toMatchObject({ First: [0, false] });
});

test("a view of what needs its reader is counted only for a reader", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const ann = ctx.as(person("ann"));
  await make(ann, { name: "Mine", page: "sessions", query: "state:needs-me" });
  for (const terminalStatus of ["failed", "completed"])
    await makeSession(ctx.db, { tenantId: "t1", executionState: "terminal", terminalStatus });
  expect(await countsOf(ann, "sessions")).toEqual({ Mine: [1, false] });
  const { items } = await countViews(ann, CountViewsInput.parse({ page: "sessions" }));
  expect(items).toMatchObject([{ count: null, hasMore: false }]);
});
