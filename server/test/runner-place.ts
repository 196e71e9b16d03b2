import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { expect } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { endAttempt } from "@/server/attempts";
import { findCodex } from "@/server/executors";
import { mintLaunchToken } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { startTestWeb } from "@/server/test/web";

// biome-ignore lint/suspicious/noExplicitAny: answers of the API, as a program without types reads them.
type Json = any;

/** Opens a server, a database and a folder for volumes, on which runners are started as a cluster would start them. */
export async function openRunnerSetup(bundle: string, env: Record<string, string> = {}) {
  const database = await createTestDatabase();
  // codex refuses helper links below the system's temporary folder.
  const root = mkdtempSync(path.join(homedir(), ".agentrun-test-"));
  const web = await startTestWeb(database, { env: { AGENTRUN_EXECUTOR: "local", AGENTRUN_DATA_DIR: root, ...env } });
  const ok = async (method: string, target: string, body?: unknown): Promise<Json> => {
    const answer = await web.call(method, `/api/v1${target}`, body === undefined ? {} : { body });
    expect(answer.status, `${method} ${target}: ${JSON.stringify(answer.body)}`).toBe(200);
    return answer.body;
  };
  const findVolumeDir = async (sessionId: string) =>
    path.join(root, "volumes", (await ok("GET", `/sessions/${sessionId}/storage`)).pvcName);

  /** Makes a run with a turn, and an attempt with its launch token, as a worker would hand it to the cluster. */
  async function launch(sessionId: string, text: string, more: Record<string, unknown> = {}) {
    const run = await ok("POST", "/runs", {
      backendProfile: "demo",
      sessionRef: { sessionId },
      ...more,
      executionPolicy: { idleTimeoutMs: 50, approval: "never", ...(more.executionPolicy ?? {}) },
    });
    const turn = await ok("POST", `/runs/${run.id}/commands`, { type: "turn", payload: { text } });
    return attempt({ runId: run.id, turnId: turn.id, sessionId });
  }

  /** Makes an attempt for a run that waits for one. */
  async function attempt({ runId, turnId, sessionId }: { runId: string; turnId: string; sessionId: string }) {
    const job = await ok("POST", `/runs/${runId}/runner-jobs`, {});
    const { attemptId, runnerId } = job;
    const launchToken = await mintLaunchToken(web.as(ADMIN), { runId, attemptId, tenantId: "default" });
    const scratchDir = path.join(root, "scratch", attemptId);
    mkdirSync(scratchDir, { recursive: true });
    const volumeDir = await findVolumeDir(sessionId);
    const own = {
      NODE_ENV: "production" as const,
      PATH: process.env.PATH ?? "",
      AGENTRUN_URL: web.url,
      AGENTRUN_RUN_ID: runId,
      AGENTRUN_ATTEMPT: attemptId,
      AGENTRUN_RUNNER_ID: runnerId,
      AGENTRUN_LAUNCH_TOKEN: launchToken,
      AGENTRUN_VOLUME_DIR: volumeDir,
      AGENTRUN_SCRATCH_DIR: scratchDir,
      AGENTRUN_CODEX_PATH: findCodex({ configured: undefined, path: process.env.PATH ?? "" }) ?? "codex",
      AGENTRUN_SANDBOX: "pod",
    };
    return {
      runId,
      turnId,
      attemptId: attemptId as string,
      runnerId: runnerId as string,
      launchToken,
      volumeDir,
      handover: path.join(scratchDir, "handover.json"),
      /** The environment with which its process is started. */
      env: own,
      /** Starts a process that does the whole attempt, or one of a pod's two steps. */
      start(more: Record<string, string> = {}, wrapper: string[] = []) {
        const [program = "", ...args] = [...wrapper, process.execPath, bundle];
        const child = spawn(program, args, { env: { ...own, ...more } });
        let output = "";
        child.stderr.on("data", (chunk) => (output += chunk));
        const ended = once(child, "exit").then(([code]) => ({ code: code as number | null, output }));
        return { ended, terminate: () => child.kill("SIGTERM"), kill: () => child.kill("SIGKILL") };
      },
      step(name: "prepare" | "work", wrapper: string[] = []) {
        return this.start({ AGENTRUN_STEP: name }, wrapper).ended;
      },
      /** Reports the end, as the executor does once the pod is gone. */
      gone: () => endAttempt(web.as(ADMIN), attemptId, { code: 0, signal: null, message: "" }),
      events: async (type: string): Promise<Json[]> =>
        (await ok("GET", `/runs/${runId}/events?limit=500`)).items
          .filter((event: Json) => event.type === type)
          .map((event: Json) => event.payload),
    };
  }

  return {
    root,
    url: web.url,
    web,
    ok,
    launch,
    attempt,
    async [Symbol.asyncDispose]() {
      await web[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
