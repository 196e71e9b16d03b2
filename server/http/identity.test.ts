import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { endRunTokens, mintLaunchToken, mintOperatorToken, mintRunnerTokens, mintSignInToken } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { CRON_SECRET, startTestWeb } from "@/server/test/web";

const reasonOf = (body: unknown) => (body as { error?: { reason?: string } }).error?.reason;

test("a sign-in link signs in once, with a cookie that scripts cannot read", async () => {
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

test("a link signs nobody in with a token that is not a link's own", async () => {
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

test("where the site is served over TLS the cookie goes nowhere else", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database, { env: { AGENTRUN_PUBLIC_URL: "https://agentrun.example" } });
  const token = await mintSignInToken(web.as(ADMIN), { name: "admin" });
  const { headers } = await web.call("GET", `/sign-in?token=${token}`, { token: null });
  expect(headers.get("set-cookie")).toContain("; Secure");
  expect(headers.get("strict-transport-security")).not.toBeNull();
});

test("a token can be pasted; wrong ones are slowed down", async () => {
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

test("another site's page changes nothing with the browser's cookie", async () => {
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

test("no GET changes anything but the cron's, which a cookie does not open", async () => {
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

test("a launch token buys one claim, and the tokens it buys end with run and epoch", async () => {
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

test("tokens at rest open nothing", async () => {
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
