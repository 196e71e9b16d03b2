import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMigrations } from "@/db/migrate";
import { createEmptyDatabase, createTestDatabase } from "@/db/test/database";
import { openSse } from "@/server/test/sse";

const projectRoot = path.resolve(import.meta.dirname, "..");
const ADMIN_TOKEN = "admin-token-of-a-test";
let folder = "";

type Started = {
  child: ChildProcess;
  messages: { type: string; url: string; signInUrl: string }[];
  stderr: () => string;
  exited: Promise<number | string | null>;
};
const children = new Set<ChildProcess>();

/** The pages are tested in a browser; here they would need a build. */
const withoutPages: Plugin = {
  name: "without-pages",
  setup(setup) {
    const namespace = "no-pages";
    setup.onResolve({ filter: /^next$/ }, () => ({ path: "next", namespace }));
    const contents = "export default () => ({ prepare: async () => {}, getRequestHandler: () => async () => {} });";
    setup.onLoad({ filter: /.*/, namespace }, () => ({ contents }));
  },
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(projectRoot, "node_modules", ".cache-agentrun-main-"));
  await build({
    absWorkingDir: projectRoot,
    entryPoints: { web: "server/main.ts", worker: "server/worker.ts", migrate: "server/migrate-once.ts" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
    plugins: [withoutPages],
  });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Starts a bundled program as the supervisor does: with a channel, and with a pipe as its standard input. */
async function start(program: "web" | "worker" | "migrate", databaseUrl: string): Promise<Started> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-main-"));
  const child = fork(path.join(folder, `${program}.mjs`), {
    cwd: projectRoot,
    stdio: ["pipe", "pipe", "pipe", "ipc"],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      PORT: "0",
      DATABASE_URL: databaseUrl,
      AGENTRUN_DATA_DIR: dataDir,
      AGENTRUN_ADMIN_TOKEN: ADMIN_TOKEN,
      AGENTRUN_EXECUTOR: "none",
      LOG_LEVEL: "info",
    },
  });
  children.add(child);
  const messages: Started["messages"] = [];
  let stderr = "";
  child.on("message", (message) => messages.push(message as Started["messages"][number]));
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout?.resume();
  const exited = new Promise<number | string | null>((resolve) =>
    child.once("exit", (code, signal) => resolve(signal ?? code)),
  );
  void exited.then(() => rm(dataDir, { recursive: true, force: true }));
  return { child, messages, stderr: () => stderr, exited };
}

test("web migrates, prints its address, and at SIGTERM ends open streams and itself", async () => {
  await using database = await createTestDatabase();
  const web = await start("web", database.url);
  await expect.poll(() => web.messages.length, { timeout: 20_000 }).toBe(1);
  const { url, signInUrl, type } = web.messages[0] ?? { url: "", signInUrl: "", type: "" };
  expect([type, signInUrl.startsWith(`${url}/sign-in?token=ars_`)]).toEqual(["web.ready", true]);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const stream = await openSse(`${url}/api/live?sessions=1`, { authorization: `Bearer ${ADMIN_TOKEN}` });
  const startedAt = performance.now();
  web.child.kill("SIGTERM");
  await stream.ended;
  expect(await web.exited).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test("web and worker exit when their supervisor's pipe closes", async () => {
  await using database = await createTestDatabase();
  for (const program of ["web", "worker"] as const) {
    const started = await start(program, database.url);
    if (program === "web") await expect.poll(() => started.messages.length, { timeout: 20_000 }).toBe(1);
    started.child.stdin?.end();
    expect([program, await started.exited]).toEqual([program, 0]);
  }
});

test("migrate brings an empty database up to date and exits, also concurrently", async () => {
  await using database = await createEmptyDatabase();
  const started = await Promise.all([start("migrate", database.url), start("migrate", database.url)]);
  expect(await Promise.all(started.map(({ exited }) => exited))).toEqual([0, 0]);
  const client = await database.connect();
  const { rows } = await client.query("select count(*)::int as applied from agentrun_schema_migrations");
  expect(rows).toEqual([{ applied: readMigrations().length }]);
});

test("migrate fails when stopped before its database was reachable", async () => {
  let asked = 0;
  const away = createServer((socket) => {
    asked += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => away.listen(0, "127.0.0.1", resolve));
  const started = await start("migrate", `postgres://nobody@127.0.0.1:${(away.address() as AddressInfo).port}/none`);
  await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThan(1);
  started.child.kill("SIGTERM");
  expect(await started.exited).toBe(1);
  await new Promise((resolve) => away.close(resolve));
});

test("a database with an unknown migration stops the start with the migration's name", async () => {
  await using database = await createTestDatabase();
  const client = await database.connect();
  await client.query("update agentrun_schema_migrations set checksum = 'other' where id like '008%'");
  for (const program of ["web", "worker", "migrate"] as const) {
    const started = await start(program, database.url);
    expect([program, await started.exited]).toEqual([program, 78]);
    expect(started.stderr()).toContain("infra-failed: migration 008_leases_feeds_approvals_archive");
  }
});

test("an invalid variable stops the start with its name", async () => {
  const started = await start("web", "mysql://nowhere");
  expect(await started.exited).toBe(1);
  expect(started.stderr()).toContain("DATABASE_URL");
});
