import { expect, test } from "vitest";
import { CreatedToken, type TokenRecord } from "@/contract/identity";
import { TOKEN_SCOPES } from "@/contract/words";
import { createTestDatabase } from "@/db/test/database";
import { inTx } from "@/server/context";
import { mintOperatorToken } from "@/server/identity";
import { procedureNames } from "@/server/rest/procedures";
import { ADMIN } from "@/server/test/context";
import { startTestWeb, type TestWeb } from "@/server/test/web";

async function make(web: TestWeb, input: object, token?: string): Promise<CreatedToken> {
  const { status, body } = await web.call("POST", "/api/v1/tokens", { body: input, ...(token && { token }) });
  expect(status, JSON.stringify(body)).toBe(200);
  return CreatedToken.parse(body);
}

async function refused(web: TestWeb, method: string, path: string, options: { body?: unknown; token?: string } = {}) {
  const { status, body } = await web.call(method, path, options);
  return [status, (body as { error?: { reason?: string } }).error?.reason];
}

const listOf = async (web: TestWeb, token?: string) =>
  ((await web.call("GET", "/api/v1/tokens", token ? { token } : {})).body as { items: TokenRecord[] }).items;

test("a token's secret is shown once, has its role and tenant, and ends when revoked", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const made = await make(web, { name: "ci", role: "operator", tenantId: "acme" });
  expect(made.token).toMatch(/^ara_[\w-]{43}$/);
  const { token } = made;
  expect((await web.call("GET", "/api/v1/me", { token })).body).toMatchObject({
    name: "ci",
    role: "operator",
    tenantId: "acme",
  });

  const [listed] = await listOf(web);
  expect(listed).toMatchObject({ id: made.id, kind: "api", name: "ci", browsers: 0, isOwn: false });
  expect(listed?.usedAt).not.toBeNull();
  expect(JSON.stringify(await listOf(web))).not.toContain(token.slice(4));
  const { rows } = await web.wiring.database.pool.query("select * from agentrun_tokens, agentrun_audit");
  expect(JSON.stringify(rows)).not.toContain(token.slice(4));

  expect(await refused(web, "POST", "/api/v1/tokens", { token, body: { name: "x", role: "viewer" } })).toEqual([
    403,
    "forbidden",
  ]);
  expect(await refused(web, "GET", "/api/v1/tokens", { token })).toEqual([403, "forbidden"]);
  const gone = await web.call("POST", `/api/v1/tokens/${made.id}/revoke`, { body: { reason: "lost" } });
  expect(gone).toMatchObject({ status: 200, body: { tokenId: made.id, browsers: 0 } });
  // The process that revoked it refuses it at once, because it has dropped its cache.
  expect((await web.call("GET", "/api/v1/me", { token })).status).toBe(401);
  expect(await listOf(web)).toEqual([]);
  expect(await refused(web, "POST", `/api/v1/tokens/${made.id}/revoke`, { body: {} })).toEqual([404, "not-found"]);

  const told = (await web.call("GET", `/api/v1/audit?targetId=${made.id}`)).body as { items: object[] };
  expect(told.items).toMatchObject([
    { action: "identity.revokeToken", tenantId: "acme", details: { name: "ci", reason: "lost", browsers: 0 } },
    { action: "identity.createToken", targetKind: "token", details: { name: "ci", role: "operator", scopes: null } },
  ]);
});

test("a tenant's administrator manages only that tenant's tokens, and nobody grants more than they have", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const acme = await make(web, { name: "boss", role: "admin", tenantId: "acme" });
  const other = await make(web, { name: "boss", role: "viewer", tenantId: "umbrella" });
  const own = await make(web, { name: "worker", role: "viewer" }, acme.token);
  expect(own.tenantId).toBe("acme");
  expect((await listOf(web, acme.token)).map(({ name, isOwn }) => [name, isOwn])).toEqual([
    ["worker", false],
    ["boss", true],
  ]);
  const asAcme = { token: acme.token };
  expect(
    await refused(web, "POST", "/api/v1/tokens", {
      ...asAcme,
      body: { name: "x", role: "viewer", tenantId: "umbrella" },
    }),
  ).toEqual([403, "forbidden"]);
  expect(await refused(web, "POST", `/api/v1/tokens/${other.id}/revoke`, { ...asAcme, body: {} })).toEqual([
    404,
    "not-found",
  ]);
  expect(await refused(web, "GET", "/api/v1/tokens?tenantId=umbrella", asAcme)).toEqual([403, "forbidden"]);

  const narrow = await make(web, { name: "narrow", role: "admin", scopes: ["identity", "runs"] });
  const asNarrow = { token: narrow.token };
  for (const body of [
    { name: "wide", role: "viewer" },
    { name: "wide", role: "viewer", scopes: ["runs", "queue"] },
  ])
    expect(await refused(web, "POST", "/api/v1/tokens", { ...asNarrow, body })).toEqual([403, "forbidden"]);
  expect((await make(web, { name: "same", role: "viewer", scopes: ["runs"] }, narrow.token)).scopes).toEqual(["runs"]);
});

test("a token with scopes calls only what they name, by every API", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { token } = await make(web, { name: "reader", role: "admin", scopes: ["runs", "runs"] });
  expect((await web.call("GET", "/api/v1/runs", { token })).status).toBe(200);
  expect((await web.call("GET", "/api/v1/me", { token })).status).toBe(200);
  for (const path of [
    "/api/v1/sessions",
    "/api/v1/tokens",
    "/api/v1/audit",
    "/api/v1/queue/watch",
    "/api/live",
    "/metrics",
  ])
    expect([path, ...(await refused(web, "GET", path, { token }))]).toEqual([path, 403, "forbidden"]);
  const trpc = await web.call("GET", "/api/trpc/sessions.list?input={}", { token });
  expect(trpc.status).toBe(403);
  expect(JSON.stringify(trpc.body)).toContain("this token's scopes are runs");
  expect(await refused(web, "POST", "/api/auth/sign-in", { body: { token } })).toEqual([401, "unauthenticated"]);
  const scraper = await make(web, { name: "scraper", role: "viewer", scopes: ["metrics"] });
  expect((await web.call("GET", "/metrics", { token: scraper.token })).status).toBe(200);
});

test("a tenant's token cannot read the metrics of all tenants", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  for (const [name, rights] of Object.entries({ all: {}, scraper: { scopes: ["metrics"] } })) {
    const { token } = await make(web, { name, role: "viewer", tenantId: "acme", ...rights });
    expect(await refused(web, "GET", "/metrics", { token })).toEqual([403, "forbidden"]);
  }
});

test("every group of procedures is a scope, and there are no other scopes", () => {
  const groups = new Set(procedureNames().map((name) => name.split(".")[0]));
  expect([...groups, "metrics"].sort()).toEqual([...TOKEN_SCOPES].sort());
});

test("a browser signed in by a token ends with it, and no later", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const made = await make(web, { name: "ann", role: "operator", expiresAt: soon });
  const signedIn = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token: made.token } });
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  // Signing in with a cookie's token gives another cookie, which belongs to the same token.
  const again = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token: cookie.split("=")[1] } });
  expect(again.status).toBe(200);
  const browsers = (await listOf(web)).filter(({ kind }) => kind === "browser");
  expect(browsers).toHaveLength(2);
  for (const { expiresAt } of browsers)
    expect(Math.abs(Date.parse(expiresAt ?? "") - Date.parse(soon))).toBeLessThan(5_000);
  expect((await listOf(web)).find(({ id }) => id === made.id)?.browsers).toBe(2);
  const gone = await web.call("POST", `/api/v1/tokens/${made.id}/revoke`, { body: {} });
  expect(gone.body).toMatchObject({ browsers: 2 });
  const me = () => web.call("GET", "/api/v1/me", { token: null, headers: { cookie } });
  await expect.poll(async () => (await me()).status).toBe(401);
});

test("signing out ends a browser, never the token of a program", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { token } = await make(web, { name: "ci", role: "viewer" });
  expect((await web.call("POST", "/api/auth/sign-out", { token })).status).toBe(200);
  expect((await web.call("GET", "/api/v1/me", { token })).status).toBe(200);
  expect((await web.call("GET", "/api/v1/audit?action=identity.signOut")).body).toMatchObject({ items: [] });
  const cookie = (await signInWith(web, token)).headers.get("set-cookie")?.split(";")[0] ?? "";
  const browser = { token: null, headers: { cookie, origin: web.url } };
  expect((await web.call("POST", "/api/auth/sign-out", browser)).status).toBe(200);
  expect((await web.call("GET", "/api/v1/me", browser)).status).toBe(401);
  expect((await listOf(web)).map(({ kind }) => kind)).toEqual(["api"]);
});

test("an expiring token makes none that outlives it, also by its browser, and a revoked one makes none", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  await using elsewhere = await startTestWeb(database);
  const [before, end, after] = [1, 2, 3].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString());
  const boss = await make(web, { name: "boss", role: "admin", expiresAt: end });
  const cookieOf = async (token: string) =>
    /=(aro_[^;]+)/.exec((await signInWith(web, token)).headers.get("set-cookie") ?? "")?.[1] ?? "";
  const doors = [boss.token, await cookieOf(boss.token)];
  for (const [door, token] of doors.entries()) {
    const ends = async (name: string, expiresAt?: string) =>
      (await make(web, { name: `${name} ${door}`, role: "admin", expiresAt }, token)).expiresAt;
    expect(await Promise.all([ends("never"), ends("later", after), ends("sooner", before)])).toEqual([
      ...[end, end, before],
    ]);
  }
  // The administrator's own token does not expire, so what its browser makes need not expire either.
  const admins = await cookieOf("admin-token-of-a-test");
  expect((await make(web, { name: "ci", role: "viewer" }, admins)).expiresAt).toBeNull();

  await elsewhere.call("POST", `/api/v1/tokens/${boss.id}/revoke`, { body: {} });
  for (const token of doors)
    expect(await refused(web, "POST", "/api/v1/tokens", { token, body: { name: "late", role: "admin" } })).toEqual([
      401,
      "unauthenticated",
    ]);
});

const signInWith = (web: TestWeb, token: string) =>
  web.call("POST", "/api/auth/sign-in", { token: null, body: { token } });

test("a token revoked at another web process signs nobody in, although it is cached here", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  await using elsewhere = await startTestWeb(database);
  const { id, token } = await make(web, { name: "ann", role: "operator" });
  const cookie = /=(aro_[^;]+)/.exec((await signInWith(web, token)).headers.get("set-cookie") ?? "")?.[1] ?? "";
  for (const known of [token, cookie]) expect((await web.call("GET", "/api/v1/me", { token: known })).status).toBe(200);
  expect((await elsewhere.call("POST", `/api/v1/tokens/${id}/revoke`, { body: {} })).status).toBe(200);
  for (const known of [token, cookie]) expect((await signInWith(web, known)).status).toBe(401);
  expect(await listOf(web)).toEqual([]);
  // Nor does a token whose row is gone.
  await web.wiring.database.pool.query("delete from agentrun_tokens");
  for (const parentId of [id, "tok_none"])
    await expect(
      mintOperatorToken(web.as(ADMIN), { name: "ann", role: "operator", tenantId: null, parentId }),
    ).rejects.toMatchObject({ reason: "unauthenticated" });
});

/** Waits until somebody waits for a lock, or the others are done. */
async function untilBlocked(web: TestWeb, others: Promise<unknown>): Promise<void> {
  let isDone = false;
  void others.then(() => {
    isDone = true;
  });
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await expect
    .poll(async () => isDone || (await web.wiring.database.pool.query(waiting)).rows.length > 0, { interval: 10 })
    .toBe(true);
}

test("of a concurrent sign-in and revocation, the sign-in is refused or its browser ends", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { id, token } = await make(web, { name: "ann", role: "operator" });
  const revoking = await inTx(web.as(ADMIN), async (ctx) => {
    await mintOperatorToken(ctx, { name: "ann", role: "operator", tenantId: null, parentId: id });
    const answer = web.call("POST", `/api/v1/tokens/${id}/revoke`, { body: {} });
    await untilBlocked(web, answer);
    return { answer };
  });
  expect((await revoking.answer).body).toMatchObject({ browsers: 1 });
  expect((await signInWith(web, token)).status).toBe(401);

  const other = await make(web, { name: "bob", role: "operator" });
  const revoker = await database.connect();
  await revoker.query("begin");
  await revoker.query("update agentrun_tokens set revoked_at = clock_timestamp() where id = $1", [other.id]);
  const signingIn = signInWith(web, other.token);
  await untilBlocked(web, signingIn);
  await revoker.query("commit");
  expect((await signingIn).status).toBe(401);
  expect(await listOf(web)).toEqual([]);
});

test("a token's name is unique while it lives, and an invalid one is refused with its reason", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const body = { name: "ci", role: "viewer", tenantId: "acme" };
  const both = await Promise.all([1, 2].map(() => web.call("POST", "/api/v1/tokens", { body })));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  const [first] = await listOf(web);
  await web.call("POST", `/api/v1/tokens/${first?.id}/revoke`, { body: {} });
  await make(web, body);
  await make(web, { ...body, tenantId: "umbrella" });
  for (const wrong of [
    { ...body, name: "Admin" },
    { ...body, name: "" },
    { ...body, name: "late", expiresAt: "2020-01-01T00:00:00Z" },
    { ...body, name: "odd", scopes: [] },
    { ...body, name: "odd", scopes: ["everything"] },
  ])
    expect(await refused(web, "POST", "/api/v1/tokens", { body: wrong })).toEqual([400, "invalid-input"]);
  expect(await listOf(web)).toHaveLength(2);
});

test("an expired token frees its name", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { pool } = web.wiring.database;
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  for (const tenantId of [undefined, "acme", "umbrella"])
    await make(web, { name: "ci", role: "viewer", tenantId, expiresAt: soon });
  await pool.query(
    "update agentrun_tokens set expires_at = now() - interval '1 second' where tenant_id is distinct from 'umbrella'",
  );
  for (const tenantId of [undefined, "acme"]) {
    const body = { name: "ci", role: "viewer", tenantId };
    const both = await Promise.all([1, 2].map(() => web.call("POST", "/api/v1/tokens", { body })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  }
  const body = { name: "ci", role: "viewer", tenantId: "umbrella" };
  expect((await web.call("POST", "/api/v1/tokens", { body })).status).toBe(409);
  expect(await listOf(web)).toHaveLength(3);
});
