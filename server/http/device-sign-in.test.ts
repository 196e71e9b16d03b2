import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DevicePoll, DeviceSignIn, DeviceSignInBegun } from "@/contract/device-sign-in";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { mintOperatorToken, removeDeviceSignIns } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

let database: TestDatabase;
let web: TestWeb;
beforeEach(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
});
afterEach(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const ROOT = "/api/v1/device-sign-ins";
const BOB = { name: "bob@example.com", role: "operator", tenantId: "acme" } as const;
type Headers = Record<string, string>;

/** Returns the headers of a browser that signed in by a link or a provider. */
async function browserOf(person: Parameters<typeof mintOperatorToken>[1] = BOB): Promise<Headers> {
  const cookie = await mintOperatorToken(web.as(ADMIN), person);
  return { cookie: `agentrun_operator=${cookie}`, "sec-fetch-site": "same-origin" };
}

/** Asks as a program without a token. */
const ask = (server: TestWeb, path: string, body: object) => server.call("POST", path, { token: null, body });
const start = async (client = "bob@laptop") => DeviceSignInBegun.parse((await ask(web, ROOT, { client })).body);
const poll = async ({ deviceCode }: { deviceCode: string }, server = web) =>
  DevicePoll.parse((await ask(server, `${ROOT}/poll`, { deviceCode })).body);
const look = (userCode: string, headers: Headers) => web.call("GET", `${ROOT}/${userCode}`, { token: null, headers });
const decide = ({ userCode }: { userCode: string }, headers: Headers, decision = "allow") =>
  web.call("POST", `${ROOT}/${userCode}/decide`, { token: null, headers, body: { decision } });
const statusOf = async (token: string | undefined) => (await web.call("GET", "/api/v1/me", { token })).status;
const reasonOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { reason?: string } }).error?.reason,
];
const query = async (text: string) => (await web.wiring.database.pool.query(text)).rows;
/** Makes a request look as if it had been made, or polled, so long ago. */
const age = (interval: string) =>
  query(`update agentrun_device_sign_ins set expires_at = expires_at - interval '${interval}',
    created_at = created_at - interval '${interval}', polled_at = polled_at - interval '${interval}'`);

test("a person approves a terminal's request, and the terminal gets its token once", async () => {
  const begun = await start("bob@laptop");
  expect(begun.deviceCode.length).toBeGreaterThanOrEqual(43);
  expect(begun.userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  expect(begun.verificationUriComplete).toBe(`${web.url}/device?code=${begun.userCode}`);
  expect(await poll(begun)).toEqual({ state: "waiting", intervalSeconds: begun.intervalSeconds, token: null });

  const bob = await browserOf();
  const typed = begun.userCode.replace("-", "").toLowerCase();
  const shown = DeviceSignIn.parse((await look(typed, bob)).body);
  expect(shown).toMatchObject({ ...{ client: "bob@laptop", address: expect.stringContaining("127.0.0.1") } });
  expect(shown).toMatchObject({ userCode: begun.userCode, state: "waiting" });
  expect((await decide(begun, bob)).body).toMatchObject({ state: "allowed" });
  const { state, token } = await poll(begun);
  expect([state, token]).toMatchObject([
    "allowed",
    { name: "bob@example.com/bob@laptop", role: "operator", tenantId: "acme", expiresAt: shown.until },
  ]);
  expect((await web.call("GET", "/api/v1/me", { token: token?.token })).body).toEqual({
    ...{ name: "bob@example.com/bob@laptop", role: "operator", tenantId: "acme", scopes: null },
    expiresAt: shown.until,
  });
  expect(await poll(begun)).toMatchObject({ state: "collected", token: null });
  expect(reasonOf(await decide(begun, bob))).toEqual([409, "already-terminal"]);

  const audited = await query(
    "select actor, action, target_kind, tenant_id, details::text as told from agentrun_audit order by at, id",
  );
  const by = { actor: "operator:bob@example.com", tenant_id: "acme" };
  expect(audited).toMatchObject([
    { ...by, action: "identity.decideDeviceSignIn", target_kind: "device-sign-in" },
    { ...by, action: "identity.createToken", target_kind: "token" },
    { ...by, action: "identity.pollDeviceSignIn", target_kind: "device-sign-in" },
  ]);
  // No code and no token is stored anywhere.
  const rows = await query("select to_jsonb(request)::text as told from agentrun_device_sign_ins request");
  const stored = [...rows, ...audited, ...(await query("select to_jsonb(t)::text as told from agentrun_tokens t"))];
  for (const secret of [begun.deviceCode, begun.userCode, begun.userCode.replace("-", ""), token?.token ?? "?"])
    expect(stored.map(({ told }) => told).join("\n")).not.toContain(secret);
});

test("a machine that signs in again gets a numbered token name without hidden characters", async () => {
  const bob = await browserOf();
  const named = async (client: string) => {
    const begun = await start(client);
    await decide(begun, bob);
    return (await poll(begun)).token?.name;
  };
  expect(await named("laptop")).toBe("bob@example.com/laptop");
  expect(await named("laptop")).toBe("bob@example.com/laptop 2");
  expect(await named("lap\u202etop\u200b")).toBe("bob@example.com/laptop 3");
  expect(await named("\u200b")).toBe("bob@example.com/agentrun");
  expect(await named("😀".repeat(40))).toBe(`bob@example.com/${"😀".repeat(18)}`);
});

test("the token ends with the browser's sign-in, and can revoke only itself", async () => {
  const bob = await browserOf();
  const collect = async (client: string) => {
    const begun = await start(client);
    await decide(begun, bob);
    return (await poll(begun)).token;
  };
  const [one, two] = [await collect("one"), await collect("two")];
  const revoke = (tokenId: string | undefined, token: string | undefined) =>
    web.call("POST", `/api/v1/me/tokens/${tokenId}/revoke`, { token, body: {} });
  // No such token can revoke another or make one.
  expect(reasonOf(await revoke(two?.id, one?.token))).toEqual([404, "not-found"]);
  expect((await revoke(one?.id, one?.token)).status).toBe(200);
  expect([await statusOf(one?.token), await statusOf(two?.token)]).toEqual([401, 200]);
  await web.call("POST", "/api/auth/sign-out", { token: null, headers: bob });
  expect(await statusOf(two?.token)).toBe(401);
  const made = (await web.call("POST", "/api/v1/tokens", { body: { name: "ci", role: "admin" } })).body as {
    id: string;
    token: string;
  };
  expect(reasonOf(await revoke(made.id, made.token))).toEqual([404, "not-found"]);
});

test("concurrent polls at several web processes create one token", async () => {
  await using other = await startTestWeb(database);
  const bob = await browserOf();
  for (let round = 0; round < 5; round += 1) {
    const begun = await start(`laptop ${round}`);
    await decide(begun, bob);
    const answers = await Promise.all([poll(begun), poll(begun, other), poll(begun), poll(begun, other)]);
    expect(answers.map(({ state }) => state).sort()).toEqual(["allowed", "collected", "collected", "collected"]);
  }
  expect(await query("select count(*)::int as n from agentrun_tokens where kind = 'api'")).toEqual([{ n: 5 }]);
  // Sign-ins of one name that are collected at the same time are handled one after the other.
  const same = await Promise.all(Array.from({ length: 3 }, () => start("same")));
  for (const begun of same) await decide(begun, bob);
  const names = (await Promise.all(same.map((begun) => poll(begun)))).map(({ token }) => token?.name.split("/")[1]);
  expect(names.sort()).toEqual(["same", "same 2", "same 3"]);
});

test("a refused, expired or signed-out request yields no token", async () => {
  const bob = await browserOf();
  const refused = await start();
  expect((await decide(refused, bob, "refuse")).body).toMatchObject({ state: "refused" });
  expect(await poll(refused)).toMatchObject({ state: "refused", token: null });
  expect(reasonOf(await decide(refused, bob))).toEqual([409, "already-terminal"]);

  const ended = await start();
  await decide(ended, bob);
  await web.call("POST", "/api/auth/sign-out", { token: null, headers: bob });
  expect(await poll(ended)).toMatchObject({ state: "ended", token: null });
  expect(await poll(ended)).toMatchObject({ state: "ended", token: null });

  const [waiting, allowed] = [await start(), await start()];
  const again = await browserOf();
  await decide(allowed, again);
  await age("601 seconds");
  expect(await poll(waiting)).toMatchObject({ state: "expired" });
  expect(await poll(allowed)).toMatchObject({ state: "expired" });
  expect(reasonOf(await look(waiting.userCode, again))).toEqual([404, "not-found"]);
  expect(reasonOf(await decide(waiting, again))).toEqual([404, "not-found"]);
  expect(reasonOf(await ask(web, `${ROOT}/poll`, { deviceCode: "x".repeat(43) }))).toEqual([404, "not-found"]);
  expect(await query("select id from agentrun_tokens where kind = 'api'")).toEqual([]);

  expect(await removeDeviceSignIns(web.as(ADMIN))).toBe(0);
  await age("11 minutes");
  expect(await removeDeviceSignIns(web.as(ADMIN))).toBe(4);
});

test("a terminal that polls too fast is told to slow down, and still gets its token", async () => {
  const begun = await start();
  const { intervalSeconds } = begun;
  expect((await poll(begun)).state).toBe("waiting");
  expect(await poll(begun)).toMatchObject({ state: "slow-down", intervalSeconds: intervalSeconds + 5 });
  await age(`${intervalSeconds + 1} seconds`);
  expect(await poll(begun)).toMatchObject({ state: "slow-down", intervalSeconds: intervalSeconds + 10 });
  await age("30 seconds");
  expect(await poll(begun)).toMatchObject({ state: "waiting", intervalSeconds: intervalSeconds + 10 });
  await query("update agentrun_device_sign_ins set interval_seconds = 60");
  expect(await poll(begun)).toMatchObject({ state: "slow-down", intervalSeconds: 60 });
  await decide(begun, await browserOf());
  expect((await poll(begun)).state).toBe("allowed");
});

test("only a browser that could make the token itself may decide, and only from the console's own page", async () => {
  const begun = await start();
  const bob = await browserOf();
  const own = await web.call("POST", "/api/v1/me/tokens", { token: null, headers: bob, body: { label: "x" } });
  const { token } = own.body as { token: string };
  for (const headers of [{ authorization: `Bearer ${token}` }, { authorization: `Bearer ${ADMIN_TOKEN}` }])
    for (const decision of ["allow", "refuse"])
      expect(reasonOf(await decide(begun, headers, decision))).toEqual([403, "forbidden"]);
  expect(reasonOf(await look(begun.userCode, { authorization: `Bearer ${token}` }))).toEqual([403, "forbidden"]);
  expect(reasonOf(await decide(begun, { ...bob, "sec-fetch-site": "cross-site" }))).toEqual([403, "origin-refused"]);
  expect(reasonOf(await decide(begun, { ...bob, origin: "https://evil.example" }))).toEqual([403, "origin-refused"]);
  expect(reasonOf(await decide(begun, {}))).toEqual([401, "unauthenticated"]);
  expect(reasonOf(await look(begun.userCode, {}))).toEqual([401, "unauthenticated"]);
  expect((await poll(begun)).state).toBe("waiting");

  // The sign-in of a browser that used the administrator's own token can be the parent of tokens; that of one that used
  // a program's token cannot.
  const cookieOf = async (token: string) => {
    const answer = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token } });
    return { cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "", "sec-fetch-site": "same-origin" };
  };
  const made = await web.call("POST", "/api/v1/tokens", { body: { name: "ci", role: "admin" } });
  const program = await cookieOf((made.body as { token: string }).token);
  expect(reasonOf(await decide(begun, program))).toEqual([403, "forbidden"]);
  await decide(begun, await cookieOf(ADMIN_TOKEN));
  expect((await poll(begun)).token?.name).toBe("admin/bob@laptop");
});

test("a sign-in with its maximum of tokens can refuse a request but not approve it", async () => {
  const bob = await browserOf();
  const make = (label: string) => web.call("POST", "/api/v1/me/tokens", { token: null, headers: bob, body: { label } });
  const [waiting, late] = [await start("laptop"), await start("laptop")];
  await decide(late, bob);
  for (let made = 0; made < 50; made += 1) expect((await make(`t${made}`)).status).toBe(200);
  expect(reasonOf(await decide(waiting, bob))).toEqual([403, "forbidden"]);
  // A sign-in that was allowed before is told why it gets no token, and gets one once there is room.
  expect(reasonOf(await ask(web, `${ROOT}/poll`, { deviceCode: late.deviceCode }))).toEqual([403, "forbidden"]);
  await query("update agentrun_tokens set revoked_at = now() where name = 'bob@example.com/t7'");
  expect((await poll(late)).state).toBe("allowed");
  expect((await decide(waiting, bob, "refuse")).body).toMatchObject({ state: "refused" });
});

test("a sign-in that guesses codes is rate-limited, right or wrong; other sign-ins are not", async () => {
  const begun = await start();
  const [bob, ann] = [await browserOf(), await browserOf({ ...BOB, name: "ann@example.com" })];
  const guesses = await Promise.all(Array.from({ length: 25 }, () => look("BBBB-BBBB", bob)));
  const reasons = guesses.map((guess) => reasonOf(guess)[1]);
  expect([reasons.filter((reason) => reason === "not-found").length, new Set(reasons)]).toEqual([
    10,
    new Set(["not-found", "rate-limited"]),
  ]);
  const late = await look(begun.userCode, bob);
  expect([reasonOf(late), JSON.stringify(late.body)]).toEqual([
    [429, "rate-limited"],
    expect.stringContaining("too many codes that nobody has"),
  ]);
  expect(reasonOf(await decide(begun, bob))).toEqual([429, "rate-limited"]);
  expect((await look(begun.userCode, await browserOf())).status).toBe(200);
  // Programs have no tries of codes at all, and use up nobody else's.
  for (let tries = 0; tries < 11; tries += 1)
    expect(reasonOf(await look("BBBB-BBBB", { authorization: `Bearer ${ADMIN_TOKEN}` }))).toEqual([403, "forbidden"]);
  expect((await look(begun.userCode, ann)).status).toBe(200);
});

test("abandoned requests block nobody, and are removed when too many wait", async () => {
  const begun = await Promise.all(Array.from({ length: 50 }, () => start()));
  expect((await ask(web, ROOT, { client: "x" })).status).toBe(429);
  await age("31 seconds");
  // Requests that are still polled keep waiting, and one that is polled again waits again.
  const asked = begun.slice(0, 49);
  await Promise.all(asked.map((one) => poll(one)));
  expect((await ask(web, ROOT, { client: "x" })).status).toBe(200);
  expect((await ask(web, ROOT, { client: "x" })).status).toBe(429);
  expect((await poll(begun[49] ?? { deviceCode: "" })).state).toBe("waiting");
  await age("31 seconds");
  await query(
    `insert into agentrun_device_sign_ins (id, device_hash, user_hash, client, address, network, state, expires_at, interval_seconds)
     select 'n' || n, 'n' || n, 'n' || n, 'x', 'x', 'n', 'refused', clock_timestamp() + interval '1 minute', 2 from generate_series(1, 10000) n`,
  );
  const last = await start();
  expect(await query("select count(*)::int as n from agentrun_device_sign_ins")).toEqual([{ n: 1 }]);
  expect((await poll(last)).state).toBe("waiting");
});

test("waiting requests are limited per address and in total, also concurrently", async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(web, ROOT, { client: "x" })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50);
  const refused = answers.find(({ status }) => status === 429);
  expect(reasonOf(refused ?? { status: 0, body: {} })).toEqual([429, "rate-limited"]);
  const waitSeconds = Number(refused?.headers.get("retry-after"));
  expect([waitSeconds > 20, waitSeconds <= 30]).toEqual([true, true]);
  await query("update agentrun_device_sign_ins set network = id");
  expect((await ask(web, ROOT, { client: "x" })).status).toBe(200);
  await query(
    `insert into agentrun_device_sign_ins (id, device_hash, user_hash, client, address, network, expires_at, interval_seconds)
     select 'n' || n, 'n' || n, 'n' || n, 'x', 'x', 'n' || n, clock_timestamp() + interval '1 minute', 2 from generate_series(1, 949) n`,
  );
  expect((await ask(web, ROOT, { client: "x" })).status).toBe(429);
  await age("31 seconds");
  expect((await ask(web, ROOT, { client: "x" })).status).toBe(200);
  // Requests of unknown callers are limited as everywhere, and a page of another site cannot begin one.
  expect(
    reasonOf(
      await web.call("POST", ROOT, { token: null, headers: { origin: "https://evil.example" }, body: { client: "x" } }),
    ),
  ).toEqual([403, "origin-refused"]);
  const limits = vi.spyOn(web.wiring.requestLimits, "take").mockReturnValue(3);
  const late = await ask(web, ROOT, { client: "x" });
  limits.mockRestore();
  expect([reasonOf(late), late.headers.get("retry-after")]).toEqual([[429, "rate-limited"], "3"]);
  for (const client of ["", " x", "a\nb", "x".repeat(81), 7, null])
    expect(reasonOf(await ask(web, ROOT, { client }))).toEqual([400, "invalid-input"]);
});

test("logs errors of unauthenticated requests", async () => {
  const error = vi.spyOn(web.wiring.log, "error");
  await query("alter table agentrun_device_sign_ins rename to agentrun_gone");
  expect(reasonOf(await ask(web, ROOT, { client: "x" }))).toEqual([500, "unexpected"]);
  expect(error).toHaveBeenCalledWith(
    expect.objectContaining({ path: "identity.startDeviceSignIn", err: expect.anything() }),
    "unexpected error",
  );
});
