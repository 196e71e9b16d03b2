import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import type { Command } from "@/contract/command";
import type { ClaimedRun } from "@/contract/run";
import type { RunnerConfig } from "@/runner/config";
import type { Ending } from "@/runner/ending";
import { runAttempt } from "@/runner/loop";
import { endAttemptProcesses } from "@/supervisor/processes/scan";
import { MemoryControlPlane } from "./memory-control-plane";
import { type Model, startModelServer } from "./model-server";

/** The path of the real codex from the npm package. */
export function codexBinary(): string {
  const packageFile = createRequire(import.meta.url).resolve(
    `@openai/codex-${process.platform}-${process.arch}/package.json`,
  );
  const vendor = path.join(path.dirname(packageFile), "vendor");
  return path.join(vendor, fs.readdirSync(vendor)[0] ?? "", "bin", "codex");
}

export interface Started {
  controlPlane: MemoryControlPlane;
  ended: Promise<Ending>;
  terminate: () => void;
  attemptId: string;
}

export function isEnded({ state }: Pick<Command, "state">): boolean {
  return state === "completed" || state === "failed" || state === "cancelled";
}

/** Orders a turn, waits for its end, and returns its command. */
export async function runTurn({ controlPlane }: Pick<Started, "controlPlane">, text: string): Promise<Command> {
  const turn = controlPlane.order("turn", { text });
  await controlPlane.until(`the end of ${text}`, () => isEnded(controlPlane.state(turn)));
  return controlPlane.state(turn);
}

/** Makes a machine for one test: folders, a model (the demo's by default), and attempts on one volume. */
export async function makeMachine(answer?: Model) {
  // codex refuses helper links below the system's temporary folder.
  const root = fs.mkdtempSync(path.join(os.homedir(), ".agentrun-test-"));
  const volumeDir = path.join(root, "volume");
  const model = await startModelServer(answer);
  const attempts: Started[] = [];

  function start(run: Partial<ClaimedRun> = {}, config: Partial<RunnerConfig> = {}): Started {
    const attemptId = `att_${randomUUID()}`;
    const controlPlane = new MemoryControlPlane(makeRun(model.baseUrl, run));
    const scratchDir = path.join(root, "scratch", attemptId);
    fs.mkdirSync(scratchDir, { recursive: true });
    const abort = new AbortController();
    const whole: RunnerConfig = {
      url: "",
      runId: controlPlane.run.id,
      attemptId,
      runnerId: `runner_${randomUUID()}`,
      launchToken: "",
      volumeDir,
      scratchDir,
      codexPath: codexBinary(),
      leaseMs: 2_000,
      selfFence: undefined,
      logLevel: "silent",
      pathVariable: process.env.PATH ?? "",
      lang: "C.UTF-8",
      ...config,
    };
    const log = { info: () => {}, warn: () => {} };
    const ended = runAttempt({ config: whole, controlPlane, log, terminate: abort.signal });
    ended.catch(() => {});
    const started = { controlPlane, ended, terminate: () => abort.abort(), attemptId };
    attempts.push(started);
    return started;
  }

  return {
    root,
    volumeDir,
    workspaceDir: path.join(volumeDir, "workspace"),
    model,
    start,
    async [Symbol.asyncDispose]() {
      for (const { terminate } of attempts) terminate();
      await Promise.allSettled(attempts.map(({ ended }) => ended));
      for (const { attemptId } of attempts) await endAttemptProcesses(attemptId);
      await model[Symbol.asyncDispose]();
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}

function makeRun(modelBaseUrl: string, run: Partial<ClaimedRun>): ClaimedRun {
  const now = new Date().toISOString();
  const session = { sessionId: "ses_test", threadId: null, codexRolloutSubdir: "sessions" };
  return {
    id: `run_${randomUUID()}`,
    tenantId: "default",
    projectId: "default",
    providerId: "default",
    backendProfile: "demo",
    workspaceRef: { kind: "empty" },
    sessionRef: null,
    taskId: null,
    resourceBundleRef: null,
    executionPolicy: {},
    traceSink: null,
    status: "claimed",
    terminalStatus: null,
    failureKind: null,
    failureMessage: null,
    createdAt: now,
    startedAt: now,
    updatedAt: now,
    claimedBy: null,
    leaseExpiresAt: null,
    leaseEpoch: 1,
    leaseState: "held",
    cancelRequestedAt: null,
    bodiesLoggedUntil: null,
    cancelReason: null,
    attemptCount: 1,
    nextAttemptAt: null,
    lastEventSeq: 0,
    version: 1,
    ...run,
    assignment: {
      session,
      backend: { profile: "demo", model: "demo", protocol: "codex-app-server-jsonrpc-stdio" },
      modelBaseUrl,
      modelToken: "model-token",
      leaseMs: 2_000,
      selfFence: false,
      restore: null,
      cutOffTurn: null,
      isDemo: true,
      hearsVitals: true,
      takesOutput: true,
      ...run.assignment,
    },
  };
}
