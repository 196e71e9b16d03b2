import { rm } from "node:fs/promises";
import { pino } from "pino";
import { RUNNER_EXIT as EXIT } from "@/contract/runner";
import { VolumeError } from "@/volume";
import { archive } from "./archiver";
import { readArchiverConfig, readRunnerConfig } from "./config";
import { RefusedError, UnreachableError } from "./control-plane";
import { isNoSpace } from "./ending";
import { LeaseLostError } from "./errors";
import { consumeHandover } from "./handover";
import { probeIsolation } from "./isolation";
import { runAttempt } from "./loop";
import { prepareAttempt } from "./prepare-attempt";
import { connectControlPlane } from "./trpc-control-plane";

const RELEASE_BOUND_MS = 4_800;
const KILL_BOUND_MS = 2_000;

/** Runs an archiver. It has nothing to give back, so a signal may end it at once. */
async function archiverMain(): Promise<number> {
  const config = readArchiverConfig(process.env);
  const { attemptId, sessionId } = config;
  const log = pino(
    { level: config.logLevel, base: { process: "archiver", sessionId, attemptId } },
    pino.destination({ dest: 2, sync: true }),
  );
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(EXIT.failed));
  try {
    const controlPlane = connectControlPlane({ url: config.url, launchToken: config.token });
    log.info(await archive(config, controlPlane), "archived");
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof UnreachableError || error instanceof VolumeError))
      throw error;
    // Shown to an operator as the reason.
    process.stderr.write(`${error.message}\n`);
    if (!(error instanceof RefusedError)) return EXIT.failed;
    return error.reason === "storage-full" ? EXIT.storageFull : EXIT.refused;
  }
}

/** Runs a runner. SIGTERM gives the run back in order; a closed stdin means that the parent process is gone. */
async function main(): Promise<number> {
  const config = readRunnerConfig(process.env);
  const log = pino(
    { level: config.logLevel, base: { process: "runner", runId: config.runId, attemptId: config.attemptId } },
    pino.destination({ dest: 2, sync: true }),
  );
  // The token must not reach any process that this one starts.
  delete process.env.AGENTRUN_LAUNCH_TOKEN;
  // In a pod there is no data folder: the pod itself confines the agent.
  if (config.dataDir !== undefined && probeIsolation() === "process-group")
    log.warn(
      "user namespaces are not available on this machine: an agent can read every file that this user can, including the secrets in the data folder; enable them, or run AgentRun where agents may read everything",
    );
  const terminate = new AbortController();
  const kill = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      terminate.abort();
      setTimeout(() => process.exit(EXIT.failed), RELEASE_BOUND_MS).unref();
    });
  }
  // A pod has no parent process here that could end.
  if (!config.isPod) {
    process.stdin.resume();
    process.stdin.once("close", () => {
      kill.abort();
      setTimeout(() => process.exit(EXIT.failed), KILL_BOUND_MS).unref();
    });
  }
  const controlPlane = connectControlPlane({
    url: config.url,
    launchToken: config.launchToken,
    onUnreachable: (error) => log.warn({ err: error }, "the stream of commands broke"),
    onSilence: (error) => log.warn({ err: error }, "the server does not answer"),
    onAnswer: (silentMs) => log.info({ silentMs }, "the server answers again"),
  });
  try {
    if (config.step === "prepare") {
      const ending = await prepareAttempt({ config, controlPlane, log, terminate: terminate.signal });
      log.info({ ending }, ending === null ? "prepared" : "ended");
      if (ending === null) return EXIT.done;
      return ending.kind === "lost" ? EXIT.lost : EXIT.endedInPreparation;
    }
    const handover = config.step === "work" ? await consumeHandover(config.scratchDir) : undefined;
    const signals = { terminate: terminate.signal, kill: kill.signal };
    const ending = await runAttempt({ config, controlPlane, log, ...signals, handover });
    log.info({ ending }, "ended");
    return ending.kind === "lost" ? EXIT.lost : EXIT.done;
  } catch (error) {
    if (!(error instanceof RefusedError || error instanceof LeaseLostError)) throw error;
    log.warn({ err: error }, "the run could not be claimed");
    return EXIT.refused;
  } finally {
    // A pod's scratch folder is a mount, which is removed with the pod.
    if (!config.isPod) await rm(config.scratchDir, { recursive: true, force: true }).catch(() => {});
  }
}

const run = process.env.AGENTRUN_STEP === "archive" ? archiverMain : main;
run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`runner failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(isNoSpace(error) ? EXIT.storageFull : EXIT.failed);
  },
);
