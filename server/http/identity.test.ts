import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { endRunTokens, mintLaunchToken, mintOperatorToken, mintRunnerTokens, mintSignInToken } from "@/server/identity";
import { hashToken } from "@/server/identity/token";
import { ADMIN } from "@/server/test/context";
import { CRON_SECRET, startTestWeb, type TestWeb } from "@/server/test/web";

const reasonOf = (body: unknown) => (body as { error?: { reason?: string } }).error?.reason;

test("a sign-in link works once and sets a cookie that scripts cannot read", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const token = await mintSignInToken(web.as(ADMIN), { name: "admin" });

  const first = await web.call("GET", `/sign-in?token=${token}`, { token: null });
  expect([first.status, first.headers.get("location")]).toEqual([303, "/"]);
  const header = first.headers.get("set-cookie") ?? "";
  expect(header).toMatch(/^agentrun_operator=aro_[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
  const cookie = header.split(";")[0] ?? "";
  expect(await web.call("GET", "/api/v1/me", { token: null, headers: { cookie } })).toMatchObject({
    status: 200,
    body: { name: "admin", role: "admin", tenantId: null },
  });

  const second = await web.call("GET", `/sign-in?token=${token}`, { token: null });
  expect([second.headers.get("location"), second.headers.get("set-cookie")]).toEqual([
    "/sign-in?error=unauthenticated",
    null,
  ]);

  const out = await web.call("POST", "/api/auth/sign-out", {
    token: null,
    headers: { cookie, "sec-fetch-site": "same-origin" },
  });
  expect([out.status, out.headers.get("set-cookie")]).toEqual([200, expect.stringContaining("Max-Age=0")]);
  expect((await web.call("GET", "/api/v1/me", { token: null, headers: { cookie } })).status).toBe(401);
});

test("the sign-in link accepts only link tokens", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const mallorys = await mintOperatorToken(web.as(ADMIN), { name: "mallory", role: "viewer", tenantId: "mallorys" });
  for (const token of [mallorys, "admin-token-of-a-test"]) {
    const { status, headers } = await web.call("GET", `/sign-in?token=${token}`, {
      token: null,
      headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    });
    expect([status, headers.get("location"), headers.get("set-cookie")]).toEqual([
      303,
      "/sign-in?error=unauthenticated",
      null,
    ]);
  }
});

test("over TLS the cookie is Secure and bound to the host", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database, { env: { AGENTRUN_PUBLIC_URL: "https://agentrun.example" } });
  const token = await mintSignInToken(web.as(ADMIN), { name: "admin" });
  const { headers } = await web.call("GET", `/sign-in?token=${token}`, { token: null });
  expect(headers.get("set-cookie")).toContain("; Secure");
  expect(headers.get("strict-transport-security")).not.toBeNull();
});

test("a token can be pasted to sign in; wrong ones are rate-limited", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const paste = (token: string) => web.call("POST", "/api/auth/sign-in", { token: null, body: { token } });
  const good = await paste("admin-token-of-a-test");
  expect([good.status, good.headers.get("set-cookie")]).toEqual([200, expect.stringContaining("HttpOnly")]);
  for (let attempt = 0; attempt < 10; attempt += 1) expect((await paste("wrong")).status).toBe(401);
  const limited = await paste("admin-token-of-a-test");
  expect([limited.status, reasonOf(limited.body)]).toEqual([429, "rate-limited"]);
  expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("refuses cross-site mutations with the browser's cookie", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const token = await mintOperatorToken(web.as(ADMIN), { name: "ann", role: "admin", tenantId: null });
  const cookie = `agentrun_operator=${token}`;
  const create = (headers: Record<string, string>, path = "/api/v1/sessions") =>
    web.call("POST", path, { token: null, body: { backendProfile: "demo" }, headers: { cookie, ...headers } });

  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: web.url },
    { origin: `${web.url}.evil.example` },
    {},
  ];
  for (const headers of foreign) {
    for (const path of ["/api/v1/sessions", "/api/trpc/sessions.create"]) {
      const refused = await create(headers, path);
      expect([headers, path, refused.status]).toEqual([headers, path, 403]);
    }
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    expect((await create({ origin: web.url, "content-type": type })).status).toBe(415);
    expect((await create({ origin: web.url, "content-type": type }, "/api/trpc/sessions.create")).status).toBe(415);
  }
  expect((await web.call("GET", "/api/v1/sessions")).body).toMatchObject({ items: [] });
  expect((await create({ origin: web.url })).status).toBe(200);
  expect((await create({ "sec-fetch-site": "same-origin" })).status).toBe(200);
});

test("no GET changes anything except the cron route, which a cookie does not open", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const token = await mintOperatorToken(web.as(ADMIN), { name: "ann", role: "admin", tenantId: null });
  const input = encodeURIComponent(JSON.stringify({ backendProfile: "demo" }));
  expect((await web.call("GET", `/api/trpc/sessions.create?input=${input}`)).status).toBe(405);
  const cron = (options: object) => web.call("GET", "/api/cron/gc", options);
  expect((await cron({ token: null, headers: { cookie: `agentrun_operator=${token}` } })).status).toBe(401);
  expect((await cron({})).status).toBe(401);
  expect((await cron({ token: null })).status).toBe(401);
  expect(await cron({ token: CRON_SECRET })).toMatchObject({ status: 200, body: { evicted: [], dryRun: false } });
});

test("a launch token allows one claim, and the claim's tokens end with run and epoch", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { db } = web.wiring.database;
  const run = await makeRun(db);
  const other = await makeRun(db);
  const admin = web.as(ADMIN);
  const launch = await mintLaunchToken(admin, { runId: run.id, attemptId: "att_1", tenantId: "default" });
  const asLaunch = {
    ...admin,
    actor: {
      kind: "launch",
      name: "att_1",
      runId: run.id,
      attemptId: "att_1",
      tenantId: "default",
      tokenId: "",
    } as const,
  };
  expect((await web.call("GET", `/api/v1/runs/${run.id}`, { token: launch })).status).toBe(200);
  expect((await web.call("GET", `/api/v1/runs/${other.id}`, { token: launch })).status).toBe(404);
  expect(
    (await web.call("POST", `/api/v1/runs/${run.id}/events`, { token: launch, body: { runId: run.id, events: [] } }))
      .status,
  ).toBe(403);

  const [row] = (await db.execute<{ id: string }>("select id from agentrun_tokens where kind = 'launch'")).rows;
  const spender = { ...asLaunch, actor: { ...asLaunch.actor, tokenId: row?.id ?? "" } };
  const claim = { runId: run.id, tenantId: "default", profile: "codex" };
  await db.execute(`update agentrun_runs set status = 'claimed', lease_epoch = 1 where id = '${run.id}'`);
  const { runnerToken } = await mintRunnerTokens(spender, { ...claim, leaseEpoch: 1 });
  // First the same claim again, as if its answer had been lost; then a second one.
  await mintRunnerTokens(spender, { ...claim, leaseEpoch: 1 });
  await expect(mintRunnerTokens(spender, { ...claim, leaseEpoch: 2 })).rejects.toMatchObject({ reason: "forbidden" });

  const append = (token: string) =>
    web.call("POST", `/api/v1/runs/${run.id}/events`, {
      token,
      body: { leaseEpoch: 1, events: [{ type: "warning", payload: {} }] },
    });
  const beat = (token: string) =>
    web.call("POST", `/api/v1/runs/${run.id}/heartbeat`, { token, body: { runnerId: "r", leaseEpoch: 1 } });
  expect((await append(runnerToken)).status).toBe(200);
  expect((await web.call("GET", `/api/v1/runs/${other.id}`, { token: runnerToken })).status).toBe(404);
  expect((await web.call("GET", "/api/v1/runs", { token: runnerToken })).status).toBe(403);

  await endRunTokens(admin, run.id);
  web.wiring.authenticator.forget();
  expect((await append(runnerToken)).status).toBe(401);
  // The token is accepted; whether the heartbeat is, depends on the lease.
  expect([200, 409]).toContain((await beat(runnerToken)).status);
  await db.execute(
    "update agentrun_tokens set revoked_at = now() - interval '11 minutes' where revoked_at is not null",
  );
  web.wiring.authenticator.forget();
  expect((await beat(runnerToken)).status).toBe(401);
});

test("stored token hashes do not authenticate", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const token = await mintOperatorToken(web.as(ADMIN), { name: "ann", role: "admin", tenantId: null });
  const { rows } = await web.wiring.database.pool.query("select * from agentrun_tokens");
  expect(JSON.stringify(rows)).not.toContain(token);
  const [{ hash }] = rows as [{ hash: string }];
  for (const stolen of [hash, `aro_${hash}`, token.slice(0, -1), `${token}x`, "", "null", "Bearer"]) {
    const answer = await web.call("GET", "/api/v1/me", { token: null, headers: { authorization: `Bearer ${stolen}` } });
    expect([stolen, answer.status]).toEqual([stolen, 401]);
  }
});

type Headers = Record<string, string>;
const LINKS = "/api/v1/me/sign-in-links";

const tokenIn = (signInUrl: string) => new URL(signInUrl).hash.slice("#link=".length);

/** Opens a sign-in link and confirms it, as a person does. Returns its headers from then on; null: it was refused. */
async function openLink(web: TestWeb, signInUrl: string): Promise<Headers | null> {
  const { headers } = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token: tokenIn(signInUrl) } });
  const cookie = headers.get("set-cookie")?.split(";")[0] ?? null;
  return cookie === null ? null : { cookie, "sec-fetch-site": "same-origin" };
}

async function linkOf(web: TestWeb, caller: { token?: string | null; headers?: Headers } = {}): Promise<string> {
  const { status, body } = await web.call("POST", LINKS, { body: {}, ...caller });
  expect([status, body]).toEqual([200, { signInUrl: expect.any(String), expiresAt: expect.any(String) }]);
  return (body as { signInUrl: string }).signInUrl;
}

test("a signed-in person can make a link that signs one more browser in as themselves", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const person = { name: "ann", role: "viewer", tenantId: "acme" } as const;
  const own = await mintOperatorToken(web.as(ADMIN), person);
  const browser = { cookie: `agentrun_operator=${own}`, "sec-fetch-site": "same-origin" };
  const link = await linkOf(web, { token: null, headers: browser });
  // A page that leads here must not sign its reader in as somebody else, nor may a preview spend the link.
  const opened = await web.call("GET", `/sign-in?token=${tokenIn(link)}`, { token: null });
  expect([opened.headers.get("location"), opened.headers.get("set-cookie")]).toEqual([
    "/sign-in?error=unauthenticated",
    null,
  ]);
  const phone = await openLink(web, link);
  if (phone === null) throw new Error("the link was refused");
  const me = () => web.call("GET", "/api/v1/me", { token: null, headers: phone });
  expect(await me()).toMatchObject({ status: 200, body: person });
  expect(await openLink(web, link), "a link works once").toBeNull();

  const unused = await linkOf(web, { token: null, headers: browser });
  const late = await linkOf(web, { token: null, headers: browser });
  await web
    .as(ADMIN)
    .db.execute(sql`update agentrun_tokens set expires_at = now() where hash = ${hashToken(tokenIn(late))}`);
  expect(await openLink(web, late), "an expired link").toBeNull();
  await web.call("POST", "/api/auth/sign-out", { token: null, headers: browser });
  expect(await openLink(web, unused), "a link ends with the sign-in that made it").toBeNull();
  expect((await me()).status, "and so does the browser that it signed in").toBe(401);
});

test("a token that cannot sign a browser in cannot make a sign-in link", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const scoped = await web.call("POST", "/api/v1/tokens", {
    body: { name: "ci", role: "operator", scopes: ["identity"] },
  });
  const own = await mintOperatorToken(web.as(ADMIN), { name: "ann", role: "operator", tenantId: "acme" });
  const laptop = await web.call("POST", "/api/v1/me/tokens", {
    token: null,
    headers: { cookie: `agentrun_operator=${own}`, "sec-fetch-site": "same-origin" },
    body: { label: "laptop" },
  });
  for (const made of [scoped, laptop]) {
    const { token } = made.body as { token: string };
    const refused = await web.call("POST", LINKS, { token, body: {} });
    expect([made.status, refused.status, reasonOf(refused.body)]).toEqual([200, 403, "forbidden"]);
  }

  const bot = await web.call("POST", "/api/v1/tokens", { body: { name: "bob", role: "operator", tenantId: "acme" } });
  const { id, token } = bot.body as { id: string; token: string };
  const browser = await openLink(web, await linkOf(web, { token }));
  if (browser === null) throw new Error("the link was refused");
  const unused = await linkOf(web, { token });
  await web.call("POST", `/api/v1/tokens/${id}/revoke`, { body: {} });
  expect((await web.call("GET", "/api/v1/me", { token: null, headers: browser })).status).toBe(401);
  expect(await openLink(web, unused)).toBeNull();
});
