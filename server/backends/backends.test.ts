import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { BackendConfig } from "@/contract/backend";
import type { Db } from "@/db/client";
import type { ServiceContext } from "@/server/context";
import { refusalFor } from "@/server/gateway/chat/test/refusals";
import { KEY, startProvider } from "@/server/gateway/test/gateway";
import { createTask } from "@/server/queue";
import { createRun } from "@/server/runs";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { getBackend, listBackends, noteLimit, probeBackends, setBackend, testBackend } from ".";
import { providerWords } from "./provider-words";

function withProfile(ctx: ServiceContext, config: Partial<BackendConfig> & { baseUrl: string }): ServiceContext {
  const codex = { model: "m1", wire: "responses" as const, keyEnv: "KEY", ...config };
  return { ...ctx, settings: { ...ctx.settings, backends: { codex }, readVariable: () => KEY } };
}

function say(res: ServerResponse, status: number, body: unknown = {}): void {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify(body));
}

const MODELS = { object: "list", data: [{ id: "m2" }, { id: "m1" }] };

test("a test requests the model list with the key, and stores the result", async () => {
  await using store = await createTestStore();
  await using provider = await startProvider((res, req) =>
    req.headers.authorization === `Bearer ${KEY}` ? say(res, 200, MODELS) : say(res, 401),
  );
  const ctx = withProfile(store.as(), { baseUrl: provider.url });

  const probe = await testBackend(ctx, { profile: "codex" });

  expect(probe).toMatchObject({ isOk: true, status: 200, models: ["m1", "m2"], failures: 0 });
  expect(probe.latencyMs).toBeGreaterThanOrEqual(0);
  expect(provider.seen.map(({ line }) => line)).toEqual(["GET /v1/models"]);
  expect((await getBackend(ctx, { profile: "codex" })).probe).toEqual(probe);
});

test.each([
  ["refuses the key", 401, { error: { message: `Incorrect key: ${KEY}` } }, "it refused the key"],
  ["fails", 500, { error: { message: `no ${KEY} today` } }, "it failed with status 500: no [redacted] today"],
  ["sends elsewhere", 302, {}, "it failed with status 302"],
])("reports that a provider %s, without revealing the key", async (_what, status, body, message) => {
  await using store = await createTestStore();
  await using provider = await startProvider((res) => say(res, status, body));
  const ctx = withProfile(store.as(), { baseUrl: provider.url });
  const probe = await testBackend(ctx, { profile: "codex" });
  expect(probe).toMatchObject({ isOk: false, status, message, failures: 1 });
});

test("what a provider says that no database stores is told all the same", async () => {
  await using store = await createTestStore();
  const words = `no\0${"x".repeat(1_996)}`;
  // At its end half of a character is left.
  const refusal = { error: { message: `${words}\u{1f600}` } };
  let answer: [number, unknown] = [200, { object: "list", data: [{ id: "m1" }, { id: "odd\0" }] }];
  await using provider = await startProvider((res) => say(res, ...answer));
  const ctx = withProfile(store.as(), { baseUrl: provider.url });
  expect(await testBackend(ctx, { profile: "codex" })).toMatchObject({ isOk: true, models: ["m1", "odd\ufffd"] });
  answer = [200, refusal];
  expect((await testBackend(ctx, { profile: "codex" })).message).toMatch(/^it refused: no\ufffdx+/);
  const message = providerWords(refusal.error.message, null);
  await noteLimit(ctx.db as Db, "codex", { until: new Date(Date.now() + 60_000), message });
  expect((await getBackend(ctx, { profile: "codex" })).health).toMatchObject({ status: "limited", message });
});

test("a provider that is not there is said not to be, and what is not configured cannot be tried", async () => {
  await using store = await createTestStore();
  const provider = await startProvider(() => undefined);
  await provider[Symbol.asyncDispose]();
  const ctx = withProfile(store.as(), { baseUrl: provider.url });
  expect(await testBackend(ctx, { profile: "codex" })).toMatchObject({
    ...{ isOk: false, status: null, latencyMs: null },
    message: "it was not reached: ECONNREFUSED",
  });
  await expect(testBackend(ctx, { profile: "deepseek" })).rejects.toMatchObject({ reason: "backend-unconfigured" });
  await expect(testBackend(ctx, { profile: "nobody" })).rejects.toMatchObject({ reason: "invalid-input" });
  expect(await testBackend(ctx, { profile: "demo" })).toMatchObject({ isOk: true, models: ["demo"] });
});

test.each([
  ["responses", "POST /v1/responses"],
  ["chat", "POST /v1/chat/completions"],
] as const)("without a model list (%s), only a manual test asks the model", async (wire, asked) => {
  await using store = await createTestStore();
  await using provider = await startProvider((res, req) =>
    req.line.startsWith("GET ") ? say(res, 404) : say(res, 401),
  );
  const ctx = withProfile(store.as(), { baseUrl: provider.url, wire });
  await probeBackends(ctx);
  expect(provider.seen.map(({ line }) => line)).toEqual(["GET /v1/models"]);
  expect((await getBackend(ctx, { profile: "codex" })).probe).toMatchObject({ isOk: true, models: null });
  expect(await testBackend(ctx, { profile: "codex" })).toMatchObject({ isOk: false, message: "it refused the key" });
  expect(provider.seen.map(({ line }) => line)).toEqual(["GET /v1/models", "GET /v1/models", asked]);
});

const WORD = { choices: [{ message: { content: "ok" } }] };
const NO_MODEL = { error: { message: "no such model" } };
test.each<[string, unknown, [number, unknown], object]>([
  [
    "refuses the key with status 200",
    {},
    [200, { base_resp: { status_code: 1004, status_msg: "login fail" } }],
    {
      ...{ isOk: false, message: "it refused the key: login fail", models: null },
    },
  ],
  [
    "is a web page",
    "<html>hello</html>",
    [200, "<html>hello</html>"],
    {
      ...{ isOk: false, message: expect.stringContaining("no answer of a model") },
    },
  ],
  [
    "refuses its list with status 200",
    { error: { code: "invalid_api_key", message: "who?" } },
    [200, WORD],
    {
      ...{ isOk: false, message: "it refused the key: who?" },
    },
  ],
  [
    "has no such model",
    { data: [{ id: "m2" }] },
    [404, NO_MODEL],
    {
      ...{ isOk: false, message: "it failed with status 404: no such model", models: ["m2"] },
    },
  ],
  [
    "has a model that it does not list",
    { data: [{ id: "m2" }] },
    [200, WORD],
    {
      ...{ isOk: true, message: "it answers, though it does not list the model m1", models: ["m2"] },
    },
  ],
  [
    "limits requests with status 200",
    { base_resp: { status_code: 1002, status_msg: "slow" } },
    [200, WORD],
    {
      ...{ isOk: true, message: "it answers, and limits requests at the moment" },
    },
  ],
])("a manual test reports that a provider %s", async (_what, list, [status, word], found) => {
  await using store = await createTestStore();
  await using provider = await startProvider((res, req) =>
    req.line.startsWith("GET ") ? say(res, 200, list) : say(res, status, word),
  );
  const ctx = withProfile(store.as(), { baseUrl: provider.url, wire: "chat" });
  expect(await testBackend(ctx, { profile: "codex" })).toMatchObject(found);
});

test("a test asks the model in the provider's own dialect; a list without the model does not block dispatch", async () => {
  await using store = await createTestStore();
  await using provider = await startProvider((res, req) => {
    if (req.line.startsWith("GET ")) say(res, 200, { data: [] });
    else if (refusalFor("minimax", JSON.parse(req.body)) !== null)
      say(res, 400, { error: { message: "unknown parameter" } });
    else say(res, 200, WORD);
  });
  const ctx = withProfile(store.as(), { baseUrl: provider.url, wire: "chat", preset: "minimax" });
  expect(await testBackend(ctx, { profile: "codex" })).toMatchObject({ isOk: true, failures: 0 });
  await probeBackends(ctx);
  expect((await getBackend(ctx, { profile: "codex" })).probe).toMatchObject({
    ...{ isOk: true, failures: 0, message: expect.stringContaining("does not list the model m1") },
  });
});

test("reads a key file at each request, and shows only its presence and age", async () => {
  await using store = await createTestStore();
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-keys-"));
  const keyFile = path.join(folder, "key");
  const seen: (string | undefined)[] = [];
  await using provider = await startProvider((res, req) => {
    seen.push(req.headers.authorization);
    say(res, 200, MODELS);
  });
  const ctx = withProfile(store.as(), { baseUrl: provider.url, keyEnv: undefined, keyFile });
  const keyOf = async () => (await getBackend(ctx, { profile: "codex" })).key;
  expect(await keyOf()).toEqual({ source: "file", isPresent: false, since: null });
  for (const key of ["first-key", "second-key"]) {
    await writeFile(keyFile, `${key}\n`);
    await testBackend(ctx, { profile: "codex" });
  }
  expect(seen).toEqual(["Bearer first-key", "Bearer second-key"]);
  expect(await keyOf()).toEqual({ source: "file", isPresent: true, since: expect.stringMatching(/^\d{4}-/) });
  expect(JSON.stringify(await listBackends(ctx))).not.toContain("second-key");
  await rm(folder, { recursive: true });
});

test("reports a malformed key without revealing it", async () => {
  await using store = await createTestStore();
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-keys-"));
  await using provider = await startProvider((res) => say(res, 200, MODELS));
  const ctx = (keyFile: string) =>
    withProfile(store.as(), { baseUrl: provider.url, keyEnv: undefined, keyFile: path.join(folder, keyFile) });
  await writeFile(path.join(folder, "two"), `${KEY}\nsk-second`);
  const lines: string[] = [];
  const two = ctx("two");
  const log = { ...two.log, warn: (...args: unknown[]) => lines.push(JSON.stringify(args)) } as never;
  const probe = await testBackend(two, { profile: "codex" });
  expect(probe).toMatchObject({
    isOk: false,
    message: "what its key file holds is not one line of printable characters",
  });
  // A backend that cannot be read does not hold up the others.
  await probeBackends({ ...ctx("."), log });
  expect((await getBackend(two, { profile: "codex" })).probe).toMatchObject({
    ...{ isOk: false, message: "its key file cannot be read: EISDIR", failures: 2 },
  });
  expect(lines.join()).not.toContain("sk-");
  expect(provider.seen.map(({ line }) => line)).toEqual([]);
  await rm(folder, { recursive: true });
});

test("when the model list is forbidden, a manual test asks the model and dispatch is not blocked", async () => {
  await using store = await createTestStore();
  await using provider = await startProvider((res, req) =>
    req.line.startsWith("GET ") ? say(res, 403) : say(res, 200, { output: [] }),
  );
  const ctx = withProfile(store.as(), { baseUrl: provider.url });
  await probeBackends(ctx);
  expect((await getBackend(ctx, { profile: "codex" })).probe).toMatchObject({ isOk: true, failures: 0 });
  expect(await testBackend(ctx, { profile: "codex" })).toMatchObject({ isOk: true, status: 200 });
});

test("a tenant's caller sees no provider address, and only its own tasks", async () => {
  await using store = await createTestStore();
  const ctx = withProfile(store.as(), { baseUrl: "http://127.0.0.1:9/v1" });
  await createTask(ctx, { title: "of another", backendProfile: "codex", payload: {} });
  const own = { ...ctx, actor: tenantOperator("acme") };
  expect(await getBackend(ctx, { profile: "codex" })).toMatchObject({
    ...{ baseUrl: "http://127.0.0.1:9/v1", tasks: { running: 0, waiting: 1 } },
  });
  expect(await getBackend(own, { profile: "codex" })).toMatchObject({
    ...{ baseUrl: null, tasks: { running: 0, waiting: 0 }, use: { liveRuns: 0, sessions: 0 } },
  });
});

test("a tenant's caller may not change a profile, and does not see the provider's message", async () => {
  await using store = await createTestStore();
  await using provider = await startProvider((res) =>
    say(res, 500, { error: { message: "no seat for org-acme-corp" } }),
  );
  const ctx = withProfile(store.as(), { baseUrl: provider.url });
  const own = { ...ctx, actor: { ...tenantOperator("acme"), role: "admin" as const } };
  for (const change of [{ isEnabled: false }, { maxRunning: 0 }, { isUp: true as const }])
    await expect(setBackend(own, { profile: "codex", ...change })).rejects.toMatchObject({ reason: "forbidden" });
  const limit = { until: new Date(Date.now() + 60_000), message: "org-acme-corp is out of tokens" };
  await noteLimit(store.as().db as Db, "codex", limit);

  expect(await testBackend(own, { profile: "codex" })).toMatchObject({ message: "it failed with status 500" });
  const { health, probe } = await getBackend(own, { profile: "codex" });
  expect([health.status, probe]).toMatchObject(["limited", { isOk: false, status: 500 }]);
  expect(JSON.stringify(await listBackends(own))).not.toContain("org-acme-corp");
  const all = await getBackend(ctx, { profile: "codex" });
  expect(all).toMatchObject({
    health: { message: "org-acme-corp is out of tokens" },
    probe: { message: "it failed with status 500: no seat for org-acme-corp" },
    ...{ disabled: null, capacity: {} },
  });
});

test("a disabled profile takes no new run, shows the reason, and can be enabled again", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await expect(setBackend(ctx, { profile: "codex", isEnabled: true, reason: "no" })).rejects.toMatchObject({
    reason: "invalid-input",
  });
  const off = await setBackend(ctx, { profile: "codex", isEnabled: false, reason: "the bill" });
  expect(off.disabled).toMatchObject({ reason: "the bill", by: expect.any(String) });
  await expect(createRun(ctx, { backendProfile: "codex" })).rejects.toMatchObject({
    ...{ reason: "backend-disabled", message: expect.stringContaining("the bill") },
  });
  expect((await setBackend(ctx, { profile: "codex", isEnabled: true })).disabled).toBeNull();
  await createRun(ctx, { backendProfile: "codex" });
  expect((await getBackend(ctx, { profile: "codex" })).use).toMatchObject({ liveRuns: 1 });
});
