import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeCommand, makeRun } from "@/db/test/factories";
import { mintLaunchToken, mintOperatorToken, mintRunnerTokens } from "@/server/identity";
import { ACCEPT, REVISION, sendMcp } from "@/server/mcp/test/client";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import { shareWiring } from "@/server/wiring";
import { BODY_MAX_BYTES } from "./limits";
import { serveMcp } from "./route-handlers";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
  shareWiring(web.wiring);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const PING = { jsonrpc: "2.0", id: 1, method: "ping" };
const initialize = (protocolVersion: string) => ({
  ...{ jsonrpc: "2.0", id: "a", method: "initialize" },
  params: { protocolVersion, capabilities: {}, clientInfo: { name: "test", version: "1" } },
});
const reasonOf = (body: unknown) => (body as { error?: { reason?: string } } | null)?.error?.reason;
const codeOf = (body: unknown) => (body as { error?: { code?: number } } | null)?.error?.code;

test.each([REVISION, "2025-06-18", "2025-03-26", "2024-11-05"])(
  "answers the initialization of a client with revision %s in that revision",
  async (revision) => {
    const { status, headers, body } = await sendMcp(web.url, { body: initialize(revision) });
    expect([status, headers.get("content-type")]).toEqual([200, "application/json"]);
    // The server keeps no session, so any process can answer the next request.
    expect(headers.get("mcp-session-id")).toBeNull();
    expect(body).toMatchObject({
      ...{ jsonrpc: "2.0", id: "a" },
      result: {
        protocolVersion: revision,
        capabilities: { tools: {} },
        serverInfo: { name: "agentrun" },
        instructions: expect.stringMatching(/start_session/),
      },
    });
    const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };
    const noted = await sendMcp(web.url, { body: initialized, headers: { "mcp-protocol-version": revision } });
    expect([noted.status, noted.body]).toEqual([202, null]);
  },
);

test("answers an unknown protocol revision with a known one, and refuses requests in the unknown one", async () => {
  const { body } = await sendMcp(web.url, { body: initialize("1999-01-01") });
  expect(body).toMatchObject({ result: { protocolVersion: REVISION } });
  const refused = await sendMcp(web.url, { body: PING, headers: { "mcp-protocol-version": "1999-01-01" } });
  expect(refused.status).toBe(400);
});

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
/** Makes a request of the revision without a handshake: each request carries everything. */
function modern(method: string, params: { name?: string; [key: string]: unknown } = {}) {
  const headers: Record<string, string> = { "mcp-protocol-version": "2026-07-28", "mcp-method": method };
  if (params.name !== undefined) headers["mcp-name"] = params.name;
  return { body: { jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: META } }, headers };
}

test("a client without a handshake discovers the server and calls its tools", async () => {
  const discovered = await sendMcp(web.url, modern("server/discover"));
  expect(discovered.body).toMatchObject({
    id: 7,
    result: { supportedVersions: expect.arrayContaining(["2026-07-28"]) },
  });
  const called = await sendMcp(web.url, modern("tools/call", { name: "open_link", arguments: { id: "run_1" } }));
  expect(called.headers.get("content-type")).toMatch(/^application\/json/);
  expect(called.body).toMatchObject({ result: { structuredContent: { url: expect.stringMatching(/\/r\/run_1$/) } } });
  const asked = modern("tools/call", { name: "open_link", arguments: { id: "run_1" } });
  const lying = await sendMcp(web.url, { ...asked, headers: { ...asked.headers, "mcp-name": "cancel_run" } });
  expect(lying.status).toBe(400);
  // Clients would be notified of nothing, so no stream is held open for it.
  const listening = await sendMcp(web.url, modern("subscriptions/listen", { notifications: {} }));
  expect(codeOf(listening.body)).toBeLessThan(0);
});

test("refuses every caller without an operator token", async () => {
  const ctx = web.as(ADMIN);
  const { id: runId } = await makeRun(web.wiring.database.db);
  const claim = {
    runId,
    tenantId: "default",
    attemptId: "att_1",
    leaseEpoch: 1,
    runnerId: "runner_1",
    profile: "demo",
  };
  const launch = await mintLaunchToken(ctx, { runId, attemptId: "att_1", tenantId: "default" });
  const { runnerToken, modelToken } = await mintRunnerTokens(ctx, claim);
  const signedIn = await web.call("POST", "/api/auth/sign-in", { body: { token: ADMIN_TOKEN }, token: null });
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  expect((await web.call("GET", "/api/v1/me", { token: null, headers: { cookie } })).status).toBe(200);

  const nobody = await sendMcp(web.url, { body: PING, token: null });
  expect([nobody.status, reasonOf(nobody.body)]).toEqual([401, "unauthenticated"]);
  expect(nobody.headers.get("www-authenticate")).toBe("Bearer");
  const browser = await sendMcp(web.url, { body: PING, token: null, headers: { cookie, origin: web.url } });
  expect([browser.status, browser.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  expect((await sendMcp(web.url, { body: PING, token: "ara_nobody" })).status).toBe(401);
  expect((await sendMcp(web.url, { body: PING, token: modelToken })).status).toBe(401);
  for (const token of [launch, runnerToken]) {
    const refused = await sendMcp(web.url, { body: PING, token });
    expect([refused.status, reasonOf(refused.body)]).toEqual([403, "forbidden"]);
  }
  expect((await sendMcp(web.url, { body: PING })).status).toBe(200);
});

test("refuses a cross-site request, also with a token", async () => {
  for (const headers of [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
  ] as Record<string, string>[]) {
    const refused = await sendMcp(web.url, { body: PING, headers });
    expect([refused.status, reasonOf(refused.body)]).toEqual([403, "origin-refused"]);
  }
  expect((await sendMcp(web.url, { body: PING, headers: { origin: web.url } })).status).toBe(200);
});

test.each(["GET", "DELETE", "PUT"])("answers %s with 405 and the allowed method", async (method) => {
  const { status, headers, body } = await sendMcp(web.url, { method, body: "" });
  expect([status, headers.get("allow"), reasonOf(body)]).toEqual([405, "POST", "method-not-allowed"]);
});

test("answers a malformed message with the protocol's error", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const call = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
  const messages: [string, number, number][] = [
    ["", 400, -32_700],
    ["{", 400, -32_700],
    ["\u0000", 400, -32_700],
    ["null", 400, -32_600],
    ['"text"', 400, -32_600],
    ["[]", 400, -32_600],
    [JSON.stringify([PING, PING]), 400, -32_600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32_600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32_600],
    ['{"jsonrpc":"2.0","id":1,"method":5}', 400, -32_600],
    ['{"jsonrpc":"2.0","id":1,"method":"nothing/here"}', 200, -32_601],
    ['{"jsonrpc":"2.0","id":1,"method":"resources/list"}', 200, -32_601],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', 200, -32_601],
    [call('{"name":"no_such_tool"}'), 200, -32_602],
    [call('{"name":"constructor"}'), 200, -32_602],
    [call('{"name":5}'), 200, -32_602],
    [call('{"name":"open_link","arguments":[1]}'), 200, -32_602],
    [call(deep), 400, -32_600],
  ];
  for (const [body, status, code] of messages) {
    const answer = await sendMcp(web.url, { body });
    expect([body.slice(0, 80), answer.status, codeOf(answer.body)]).toEqual([body.slice(0, 80), status, code]);
  }
  // Whatever was sent before, the next request is answered.
  expect((await sendMcp(web.url, { body: PING })).body).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
});

test("deep or hostile input is refused as by every other API", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const send = async (input: string) => {
    const args = `{"name":"queue.createTask","input":${input}}`;
    const params = `{"name":"call_procedure","arguments":${args}}`;
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
    const { result } = (await sendMcp(web.url, { body })).body as { result?: { content: { text: string }[] } };
    return result?.content[0]?.text;
  };
  expect(await send(`{"title":"a","backendProfile":"codex","payload":{"text":${deep}}}`)).toContain(
    "nested deeper than",
  );
  expect(await send(`{"constructor":${deep}}`)).toContain("invalid-input");
  const polluting = `{"title":"a","backendProfile":"codex","payload":{"text":"a"},"__proto__":{"polluted":1}}`;
  expect(await send(polluting)).toContain('"title":"a"');
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test("does not read a body that cannot be a message", async () => {
  const large = await sendMcp(web.url, { body: " ".repeat(BODY_MAX_BYTES + 1) });
  expect([large.status, reasonOf(large.body)]).toEqual([413, "body-too-large"]);
  const typed = await sendMcp(web.url, { body: PING, headers: { "content-type": "text/plain" } });
  expect([typed.status, reasonOf(typed.body)]).toEqual([415, "unsupported-media-type"]);
  const packed = await sendMcp(web.url, { body: PING, headers: { "content-encoding": "gzip" } });
  expect([packed.status, reasonOf(packed.body)]).toEqual([415, "unsupported-media-type"]);
  expect((await sendMcp(web.url, { body: PING, headers: { accept: "text/html" } })).status).toBe(406);
});

test("unknown arguments are a tool error that names them, with the request id", async () => {
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "open_link", arguments: { it: 1 } } };
  const answer = await sendMcp(web.url, { body, headers: { "x-request-id": "req-of-a-test" } });
  expect(answer.body).toMatchObject({
    result: {
      isError: true,
      content: [{ type: "text", text: expect.stringContaining("invalid-input, request req-of-a-test") }],
      structuredContent: { error: { reason: "invalid-input", requestId: "req-of-a-test" } },
    },
  });
});

test("requests count against their token's rate limit", async () => {
  const token = await mintOperatorToken(web.as(ADMIN), { name: "busy", role: "viewer", tenantId: null });
  const limits = vi.spyOn(web.wiring.requestLimits, "take");
  limits.mockImplementation((actor) => (actor?.kind === "operator" && actor.name === "busy" ? 3 : null));
  const refused = await sendMcp(web.url, { body: PING, token });
  expect([refused.status, refused.headers.get("retry-after"), reasonOf(refused.body)]).toEqual([
    429,
    "3",
    "rate-limited",
  ]);
  expect((await sendMcp(web.url, { body: PING })).status).toBe(200);
  limits.mockRestore();
  expect((await sendMcp(web.url, { body: PING, token })).status).toBe(200);
});

test("the route handler answers the same as the web process's own server", async () => {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json", accept: ACCEPT };
  const cases: [string, RequestInit][] = [
    ["a message", { method: "POST", headers, body: JSON.stringify(PING) }],
    ["the tools", { method: "POST", headers, body: JSON.stringify({ ...PING, method: "tools/list" }) }],
    ["a notification", { method: "POST", headers, body: '{"jsonrpc":"2.0","method":"notifications/initialized"}' }],
    ["no JSON", { method: "POST", headers, body: "{" }],
    ["nobody", { method: "POST", headers: { ...headers, authorization: "" }, body: JSON.stringify(PING) }],
    ["a stream", { method: "GET", headers }],
  ];
  for (const [what, init] of cases) {
    const [own, handled] = await Promise.all([
      fetch(`${web.url}/api/mcp`, init),
      serveMcp(new Request(`${web.url}/api/mcp`, init)),
    ]);
    const told = async (response: Response) => ({
      status: response.status,
      demand: response.headers.get("www-authenticate"),
      allow: response.headers.get("allow"),
      body: (await response.text()).replace(/"requestId":"[^"]*"/, ""),
    });
    expect(await told(handled), what).toEqual(await told(own));
  }
});

test("a disconnecting client ends its waiting calls", async () => {
  const { id: runId } = await makeRun(web.wiring.database.db);
  const { id: commandId } = await makeCommand(web.wiring.database.db, runId);
  const leaving = new AbortController();
  const params = { name: "wait_for_turn", arguments: { commandId, seconds: 50 } };
  const waiting = fetch(`${web.url}/api/mcp`, {
    method: "POST",
    signal: leaving.signal,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json", accept: ACCEPT },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
  });
  const { streams } = web.wiring.live;
  await expect.poll(() => streams.count).toBe(1);
  leaving.abort();
  await expect(waiting).rejects.toThrow();
  await expect.poll(() => streams.count).toBe(0);
});
