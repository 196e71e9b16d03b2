import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { startModelServer } from "@/runner/test/model-server";
import { scriptedModel } from "@/runner/test/scripted-model";
import { findCodex } from "@/server/executors";
import { startTestWeb, type TestWeb } from "@/server/test/web";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

type ToolCall = { name: string; arguments: object };
type Item = { type: string; tool?: string; status?: string; text?: string; result?: { structured_content: unknown } };

/**
 * Runs the real codex once, with a model that calls these tools one after the other. `server`: where codex finds them.
 */
async function runCodex(opts: { server: string[]; token: string; steps: ((last: string) => ToolCall)[] }) {
  const { server, token, steps } = opts;
  await using model = await startModelServer(
    scriptedModel(({ outputs }) => {
      const call = steps[outputs.length]?.(outputs.at(-1) ?? "");
      return call ? { ...call, namespace: "mcp__agentrun" } : "All is done.";
    }),
  );
  // codex refuses helper links below the system's temporary folder.
  const home = mkdtempSync(path.join(homedir(), ".agentrun-test-"));
  try {
    writeFileSync(path.join(home, "config.toml"), configOf(model.baseUrl, server));
    const codex = findCodex({ configured: undefined, path: process.env.PATH ?? "" }) ?? "codex";
    const child = spawn(codex, ["exec", "--skip-git-repo-check", "--json", "Start a session."], {
      cwd: home,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        NODE_ENV: "test",
        PATH: process.env.PATH,
        HOME: home,
        CODEX_HOME: home,
        AGENTRUN_TOKEN: token,
        MODEL_KEY: "key-of-a-test",
      },
    });
    const said: Record<"out" | "err", string> = { out: "", err: "" };
    child.stdout.on("data", (chunk) => (said.out += chunk));
    child.stderr.on("data", (chunk) => (said.err += chunk));
    const [code] = await once(child, "close");
    expect(code, said.err).toBe(0);
    expect(said.out + said.err).not.toContain(token);
    const lines = said.out.split("\n").filter((line) => line.startsWith("{"));
    const items = lines.map((line) => JSON.parse(line) as { type: string; item?: Item });
    const [first] = model.requests as {
      tools: { name?: string; tools?: { name: string }[]; description?: string }[];
    }[];
    return {
      items: items.flatMap(({ type, item }) => (type === "item.completed" && item ? [item] : [])),
      offered: first?.tools.find(({ name }) => name === "mcp__agentrun"),
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** On a busy machine a program takes its time to start; without these settings codex would continue without it. */
const PATIENTLY = ["required = true", "startup_timeout_sec = 60"];

function configOf(modelUrl: string, server: string[]): string {
  return [
    ...[
      'model = "m1"',
      'model_provider = "scripted"',
      'approval_policy = "never"',
      "check_for_update_on_startup = false",
    ],
    ...["[history]", 'persistence = "none"', "[analytics]", "enabled = false", "[features]", "plugins = false"],
    ...["[model_providers.scripted]", 'name = "Scripted"', `base_url = ${JSON.stringify(modelUrl)}`],
    ...['wire_api = "responses"', 'env_key = "MODEL_KEY"', "[mcp_servers.agentrun]", ...PATIENTLY, ...server, ""],
  ].join("\n");
}

/** Makes a token that may start and read sessions, and nothing else. */
async function scopedToken(name: string): Promise<string> {
  const body = { name, role: "operator", scopes: ["sessions", "runs", "commands", "backends"], tenantId: "default" };
  const { body: made } = await web.call("POST", "/api/v1/tokens", { body });
  return (made as { token: string }).token;
}

const idIn = (output: string, name: string) => new RegExp(`"${name}":"([^"]+)"`).exec(output)?.[1] ?? "";

/** Lets codex use our server in one of the two ways; returns the run that it started, as it stands then. */
async function startBy(name: string, server: string[]) {
  const { items, offered } = await runCodex({
    server,
    token: await scopedToken(name),
    steps: [
      () => ({ name: "list_profiles", arguments: {} }),
      () => ({ name: "start_session", arguments: { backendProfile: "demo", title: name, text: "hello" } }),
      (last) => ({ name: "read_session", arguments: { sessionId: idIn(last, "sessionId") } }),
      (last) => ({ name: "cancel_run", arguments: { runId: idIn(last, "runId") } }),
    ],
  });
  const calls = items.filter(({ type }) => type === "mcp_tool_call");
  expect(calls.map(({ tool }) => tool)).toEqual(["list_profiles", "start_session", "read_session", "cancel_run"]);
  expect(calls.slice(0, 3).map(({ status }) => status)).toEqual(["completed", "completed", "completed"]);
  expect(items.at(-1)).toMatchObject({ type: "agent_message", text: "All is done." });
  // Its model received the tools that the token may call, and how to use them together.
  expect(offered?.description).toContain("AgentRun runs coding agents");
  const names = offered?.tools?.map(({ name }) => name) ?? [];
  expect(names).toEqual(expect.arrayContaining(["start_session", "read_session", "call_procedure"]));
  expect(names).not.toContain("enqueue_task");

  const started = calls[1]?.result?.structured_content as { sessionId: string; runId: string };
  const session = await web.call("GET", `/api/v1/sessions/${started.sessionId}`);
  expect(session.body).toMatchObject({ title: name, backendProfile: "demo" });
  const audit = await web.call("GET", `/api/v1/audit?targetId=${started.sessionId}`);
  expect(audit.body).toMatchObject({ items: [{ action: "sessions.create", actor: expect.stringContaining(name) }] });
  const run = await web.call("GET", `/api/v1/runs/${started.runId}`);
  return { cancelled: calls[3]?.status, run: (run.body as { status: string }).status };
}

test("codex starts a session over HTTP, and its tool hints prevent destructive calls without approval", async () => {
  const url = JSON.stringify(`${web.url}/api/mcp`);
  const server = [`url = ${url}`, 'bearer_token_env_var = "AGENTRUN_TOKEN"'];
  expect(await startBy("by http", server)).toEqual({ cancelled: "failed", run: "pending" });
}, 90_000);

test("codex starts a session through the command line, with the calls that its settings allow", async () => {
  const folder = path.resolve("test-results", `mcp-${process.pid}`);
  const program = path.join(folder, "cli.mjs");
  const bundling = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
  await build({ entryPoints: ["cli/main.ts"], outfile: program, ...bundling });
  try {
    const server = [
      `command = ${JSON.stringify(process.execPath)}`,
      `args = ${JSON.stringify([program, "mcp"])}`,
      'env_vars = ["AGENTRUN_TOKEN"]',
      `env = { AGENTRUN_URL = ${JSON.stringify(web.url)} }`,
      "[mcp_servers.agentrun.tools.cancel_run]",
      'approval_mode = "approve"',
    ];
    expect(await startBy("by lines", server)).toEqual({ cancelled: "completed", run: "cancelled" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
