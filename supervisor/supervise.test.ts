import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { isProcessAlive } from "./processes/alive";
import { TestProduct, waitUntilGone } from "./test/product";

test("a start prints the address and the sign-in link, and SIGTERM stops everything in order", async () => {
  await using product = await TestProduct.create();
  const started = await product.startReady({ AGENTRUN_TEST_ATTEMPT: "att_1" });
  // The link is on a line of its own, and may come a moment later.
  await expect.poll(started.output).toContain(`${started.url}/sign-in?code=once`);
  const [tool = 0] = await product.pidsOf("tool");
  const postgres = await product.postgresPid();

  started.process.kill("SIGTERM");

  expect(await started.exited).toBe(0);
  const stops = (await product.notes()).filter((line) => line.endsWith(" stopped"));
  expect(stops).toEqual(["runner stopped", "worker stopped", "web stopped"]);
  expect(await isProcessAlive(postgres)).toBe(false);
  expect(await isProcessAlive(tool)).toBe(false);
  expect(await readFile(path.join(product.dataDir, "postgres.log"), "utf8")).toContain("database system is shut down");
});

test("SIGKILL of the supervisor leaves only PostgreSQL, which the next start takes over", async () => {
  await using product = await TestProduct.create();
  const first = await product.startReady({ AGENTRUN_TEST_ATTEMPT: "att_1" });
  const pids = (await Promise.all(["web", "worker", "runner", "tool"].map((name) => product.pidsOf(name)))).flat();
  const postgres = await product.postgresPid();

  first.process.kill("SIGKILL");

  for (const pid of pids) await waitUntilGone(pid);
  expect(await isProcessAlive(postgres)).toBe(true);

  await product.startReady();
  expect(await isProcessAlive(postgres)).toBe(false);
  expect(await isProcessAlive(await product.postgresPid())).toBe(true);
});

test("a start after SIGKILL of everything, including PostgreSQL, recovers the database", async () => {
  await using product = await TestProduct.create();
  const first = await product.startReady();
  first.process.kill("SIGKILL");
  const postgres = await product.postgresPid();
  process.kill(postgres, "SIGKILL");
  await first.exited;

  await product.startReady();

  expect(await readFile(path.join(product.dataDir, "postgres.log"), "utf8")).toContain("automatic recovery");
});

test("a second start on the same data folder names its holder, and changes nothing", async () => {
  await using product = await TestProduct.create();
  const first = await product.startReady();

  const second = product.start();

  expect(await second.exited).toBe(1);
  expect(second.output()).toContain(`pid ${first.process.pid}`);
  expect(second.output()).toContain(first.url);
  expect(await (await fetch(`${first.url}/readyz`)).text()).toBe("ok");
});

test("a crashed web restarts on the same address, with growing delays", async () => {
  await using product = await TestProduct.create();
  const started = await product.startReady();
  for (const crash of [1, 2]) {
    await fetch(`${started.url}/crash`).catch(() => null);
    await product.pidsOf("web", crash + 1);
    await vi.waitFor(async () => expect((await fetch(`${started.url}/readyz`)).status).toBe(200), { timeout: 10_000 });
  }
  expect(started.output()).toContain("web ended with 7: restarting in 500 ms.");
  expect(started.output()).toContain("web ended with 7: restarting in 1000 ms.");
});

test("a killed PostgreSQL restarts on the same port", async () => {
  await using product = await TestProduct.create();
  const started = await product.startReady();
  const killed = await product.postgresPid();

  process.kill(killed, "SIGKILL");

  await vi.waitFor(
    async () => {
      const pid = await product.postgresPid();
      expect(pid).not.toBe(killed);
      expect(await isProcessAlive(pid)).toBe(true);
    },
    { timeout: 20_000, interval: 50 },
  );
  started.process.kill("SIGTERM");
  expect(await started.exited).toBe(0);
});

test("ends processes that a killed attempt left in a session of its own before the next start", async () => {
  await using product = await TestProduct.create();
  const env = { AGENTRUN_TEST_ATTEMPT: "att_careless", AGENTRUN_TEST_RUNNER: "careless" };
  const first = await product.startReady(env);
  const [tool = 0] = await product.pidsOf("tool");
  await mkdir(path.join(product.dataDir, "scratch", "att_careless"), { recursive: true });
  first.process.kill("SIGKILL");
  await first.exited;

  await product.startReady();

  expect(await isProcessAlive(tool)).toBe(false);
  await expect(stat(path.join(product.dataDir, "scratch", "att_careless"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("a runner that ignores SIGTERM is killed at its deadline, with its tools", async () => {
  await using product = await TestProduct.create();
  const started = await product.startReady({ AGENTRUN_TEST_ATTEMPT: "att_1", AGENTRUN_TEST_RUNNER: "deaf" });
  const [runner = 0] = await product.pidsOf("runner");
  const [tool = 0] = await product.pidsOf("tool");

  started.process.kill("SIGINT");

  expect(await started.exited).toBe(0);
  expect(await isProcessAlive(runner)).toBe(false);
  expect(await isProcessAlive(tool)).toBe(false);
});

test("a worker's death ends no runner, and its successor learns of them", async () => {
  await using product = await TestProduct.create();
  await product.startReady({ AGENTRUN_TEST_ATTEMPT: "att_1" });
  const [runner = 0] = await product.pidsOf("runner");
  const [worker = 0] = await product.pidsOf("worker");

  process.kill(worker, "SIGKILL");

  await product.pidsOf("worker", 2);
  // The stand-in asks for the same attempt again, and gets the runner that already exists.
  const launched = JSON.stringify({ type: "runner.launched", attemptId: "att_1", pid: runner });
  await vi.waitFor(
    async () => {
      expect((await product.notes()).filter((line) => line === `told ${launched}`)).toHaveLength(2);
    },
    { timeout: 10_000 },
  );
  expect(await isProcessAlive(runner)).toBe(true);
});

test("a provider's key reaches only web, and a runner gets no secret", async () => {
  await using product = await TestProduct.create();
  const backends = path.join(product.dataDir, "backends.json");
  const profile = { model: "m", baseUrl: "https://models.example", keyEnv: "EXAMPLE_KEY" };
  // Names that look like AgentRun's own, or like one that a server's own client reads.
  const others = { deepseek: "AGENTRUN_EXAMPLE_KEY", "minimax-m3": "AWS_EXAMPLE_KEY" };
  const keyed = Object.entries(others).map(([name, keyEnv]) => [name, { ...profile, keyEnv }]);
  await writeFile(backends, JSON.stringify({ codex: profile, ...Object.fromEntries(keyed) }));
  const sso = path.join(product.dataDir, "sso.json");
  const grants = [{ everyone: true, role: "viewer", tenantId: "*" }];
  const client = { issuer: "https://id.example", clientId: "agentrun", keyEnv: "AGENTRUN_EXAMPLE_SSO_KEY" };
  await writeFile(sso, JSON.stringify({ ...client, grants }));
  await product.startReady({
    AGENTRUN_TEST_ATTEMPT: "att_1",
    AGENTRUN_BACKENDS: backends,
    AGENTRUN_SSO: sso,
    AGENTRUN_EXAMPLE_SSO_KEY: "canary-sso",
    EXAMPLE_KEY: "canary-provider-key",
    AGENTRUN_EXAMPLE_KEY: "canary-ours",
    AWS_EXAMPLE_KEY: "canary-theirs",
    OTHER_VARIABLE: "canary-other",
    AGENTRUN_ADMIN_TOKEN: "canary-admin-token",
    AGENTRUN_CRON_SECRET: "canary-cron-secret",
  });
  await product.pidsOf("runner");
  const [web = "", worker = "", runner = ""] = await Promise.all(
    ["web", "worker", "runner"].map((name) => readFile(path.join(product.dataDir, `${name}.env`), "utf8")),
  );
  for (const key of ["canary-provider-key", "canary-ours", "canary-theirs", "canary-sso", sso])
    expect(web).toContain(key);
  expect(web).toContain("canary-admin-token");
  expect(web).not.toContain("canary-other");
  expect(worker).not.toMatch(/canary/);
  expect(runner).not.toMatch(/canary|postgres:/);
});

test.each([
  { signal: "SIGINT", to: "npm's own process" },
  { signal: "SIGTERM", to: "npm's own process" },
  { signal: "SIGINT", to: "the whole group" },
  { signal: "SIGTERM", to: "the whole group" },
] as const)("$signal to $to stops everything in order", async ({ signal, to }) => {
  await using product = await TestProduct.create();
  const npm = await product.startReady({ AGENTRUN_TEST_ATTEMPT: "att_1" }, "npm");
  await product.pidsOf("runner");
  const pid = npm.process.pid ?? 0;

  process.kill(to === "the whole group" ? -pid : pid, signal);

  await npm.exited;
  const stops = (await product.notes()).filter((line) => line.endsWith(" stopped"));
  expect(stops).toEqual(["runner stopped", "worker stopped", "web stopped"]);
  expect(await readFile(path.join(product.dataDir, "lock"), "utf8")).toBe("");
});

test("an invalid variable stops the start with its name", async () => {
  await using product = await TestProduct.create();
  const started = product.start({ PORT: "many" });
  expect(await started.exited).toBe(1);
  expect(started.output()).toContain("PORT");
});

test("a port in use stops the start with what to set", async () => {
  await using product = await TestProduct.create();
  const first = await product.startReady();
  const started = product.start({
    PORT: new URL(first.url).port,
    AGENTRUN_DATA_DIR: path.join(product.dataDir, "other"),
  });
  expect(await started.exited).toBe(1);
  expect(started.output()).toContain("set PORT");
});

test("secrets in the data folder are readable only by their owner, and losing them does not stop a start", async () => {
  await using product = await TestProduct.create();
  const file = path.join(product.dataDir, "secrets.json");
  const first = await product.startReady();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  first.process.kill("SIGTERM");
  await first.exited;
  await rm(file);

  await product.startReady();
});
