import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { SupervisorMessage, WorkerMessage } from "@/contract/supervisor";
import type { AttemptExit, AttemptRemains, LaunchSpec } from "@/server/executors/executor";
import { isProcessAlive } from "@/supervisor/processes/alive";
import { createRunnerHost } from "@/supervisor/runner-host";
import type { SupervisorChannel } from "./channel";
import { createLocalExecutor } from "./executor";

/** A runner whose tool moves to a process session of its own, as codex's tools do. */
const RUNNER = `
  import { spawn } from "node:child_process";
  const tool = spawn("setsid", ["sleep", "1000"], { stdio: "ignore" });
  console.log("tool " + tool.pid);
  process.stdin.resume().on("end", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
  if (process.env.AGENTRUN_RUN_ID === "run_fails") setTimeout(() => { console.error("no codex"); process.exit(3); }, 50);
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "agentrun-executor-"));
  await writeFile(path.join(folder, "runner.mjs"), RUNNER);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Joins the two ends of the channel in one process; every runner is a real process. */
function joinHost() {
  const listeners = new Set<(message: SupervisorMessage) => void>();
  const lines: string[] = [];
  const host = createRunnerHost({
    file: path.join(folder, "runner.mjs"),
    env: { PATH: process.env.PATH, NODE_ENV: "test" },
    send: (message) => {
      for (const listener of listeners) listener(message);
    },
    onLine: (_, line) => lines.push(line),
  });
  const channel: SupervisorChannel = {
    send: async (message: WorkerMessage) => host.handle(message),
    onMessage(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const executor = createLocalExecutor({
    channel,
    dataDir: folder,
    workspaceRoots: [],
    codexPath: "/bin/false",
    logLevel: "info",
  });
  return {
    executor,
    host,
    tool: () =>
      vi.waitFor(() => {
        const pid = lines.flatMap((line) => /^tool (\d+)$/.exec(line)?.[1] ?? [])[0];
        if (pid === undefined) throw new Error("no tool yet");
        return Number(pid);
      }),
    [Symbol.asyncDispose]: () => host.stop(2_000),
  };
}

function spec(attemptId: string, runId = "run_1"): LaunchSpec {
  return {
    attemptId,
    runId,
    runnerId: "runner_1",
    launchToken: "t",
    url: "http://127.0.0.1:1",
    leaseMs: 20_000,
    volumeDir: null,
    hasNetwork: false,
    isReadOnly: false,
    volumeName: null,
  };
}

test("ending an attempt also ends processes that it started in a session of their own", async () => {
  await using joined = joinHost();
  await joined.executor.launch(spec("att_ended"));
  const tool = await joined.tool();
  expect(await joined.executor.observe("att_ended")).toBe("running");
  expect(existsSync(path.join(folder, "scratch", "att_ended"))).toBe(true);

  expect(await joined.executor.end("att_ended")).toBe("gone");

  expect(await isProcessAlive(tool)).toBe(false);
  expect(await joined.executor.observe("att_ended")).toBe("gone");
  await vi.waitFor(() => expect(existsSync(path.join(folder, "scratch", "att_ended"))).toBe(false));
});

test("launching the same attempt twice makes one process", async () => {
  await using joined = joinHost();
  await Promise.all([joined.executor.launch(spec("att_twice")), joined.executor.launch(spec("att_twice"))]);
  await joined.executor.launch(spec("att_twice"));
  expect(joined.host.attemptIds()).toEqual(["att_twice"]);
});

test("reports a failed runner with its output once no process of it is left", async () => {
  await using joined = joinHost();
  const exits: AttemptExit[] = [];
  joined.executor.onExit((exit) => exits.push(exit));
  await joined.executor.launch(spec("att_fails", "run_fails"));
  const tool = await joined.tool();
  await vi.waitFor(() => expect(exits).toHaveLength(1), { timeout: 5_000 });
  expect(exits[0]).toMatchObject({ attemptId: "att_fails", code: 3, message: "no codex" });
  expect(await isProcessAlive(tool)).toBe(false);
});

test("inspects a live runner's process and last output, and keeps them when it ends", async () => {
  await using joined = joinHost();
  const { executor } = joined;
  const remains: AttemptRemains[] = [];
  executor.onRemains((left) => remains.push(left));
  expect(await executor.inspect("att_told")).toBeNull();
  expect(await executor.readLog("att_told", { container: null, tailLines: 5 })).toBeNull();
  await executor.launch(spec("att_told"));
  const tool = await joined.tool();
  const process = {
    pid: expect.any(Number),
    startedAt: expect.any(String),
    endedAt: null,
    exitCode: null,
    signal: null,
  };
  expect(await executor.inspect("att_told")).toMatchObject({ job: null, pod: null, process });
  const log = await executor.readLog("att_told", { container: null, tailLines: 5 });
  expect(log).toMatchObject({ container: "runner", lines: [{ text: `tool ${tool}` }], isCut: false });

  await executor.end("att_told");
  expect(remains).toMatchObject([
    {
      attemptId: "att_told",
      details: { process: { endedAt: expect.any(String), exitCode: null, signal: "SIGKILL" } },
      logs: [{ lines: [{ text: `tool ${tool}` }] }],
    },
  ]);
  expect(await executor.inspect("att_told")).toBeNull();
});

test("finds and ends an attempt by its processes when the supervisor does not know it", async () => {
  await using joined = joinHost();
  const stray = spawn("setsid", ["sleep", "1000"], {
    env: { ...process.env, AGENTRUN_ATTEMPT: "att_stray" },
    stdio: "ignore",
  });
  await vi.waitFor(async () => expect(await joined.executor.observe("att_stray")).toBe("running"));
  expect(await joined.executor.end("att_stray")).toBe("gone");
  expect(await isProcessAlive(stray.pid ?? 0)).toBe(false);
  expect(await joined.executor.observe("att_stray")).toBe("gone");
});

test("with a silent supervisor an end stays unconfirmed and an attempt unknown", async () => {
  const silent: SupervisorChannel = { send: async () => undefined, onMessage: () => () => undefined };
  const executor = createLocalExecutor({
    channel: silent,
    dataDir: folder,
    workspaceRoots: [],
    codexPath: "/bin/false",
    logLevel: "info",
    endDeadlineMs: 20,
    observeDeadlineMs: 20,
    launchDeadlineMs: 20,
  });
  expect(await executor.end("att_1")).toBe("unconfirmed");
  expect(await executor.observe("att_1")).toBe("unknown");
  await expect(executor.inspect("att_1")).rejects.toMatchObject({ reason: "executor-unavailable" });
  await expect(executor.launch(spec("att_1"))).rejects.toThrow("in time");
});

test("concurrent requests to end an attempt share one end, and nothing is launched meanwhile", async () => {
  const sent: WorkerMessage[] = [];
  const listeners = new Set<(message: SupervisorMessage) => void>();
  const channel: SupervisorChannel = {
    send: async (message) => void sent.push(message),
    onMessage(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const executor = createLocalExecutor({
    channel,
    dataDir: folder,
    workspaceRoots: [],
    codexPath: "/bin/false",
    logLevel: "info",
  });
  const ends = [executor.end("att_2"), executor.end("att_2")];
  await expect(executor.launch(spec("att_2"))).rejects.toMatchObject({
    reason: "executor-unavailable",
    passing: "request",
  });
  for (const listener of listeners) listener({ type: "runner.gone", attemptId: "att_2" });
  expect(await Promise.all(ends)).toEqual(["gone", "gone"]);
  expect(sent).toEqual([{ type: "runner.end", attemptId: "att_2" }]);
});
