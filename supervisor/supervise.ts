import { mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { aborted } from "@/contract/async";
import { type DataFolderLock, lockDataFolder } from "./data-folder/lock";
import { readSecrets } from "./data-folder/secrets";
import { startDatabase } from "./database";
import type { SupervisorConfig } from "./env";
import { buildEnvironments } from "./environments";
import { LOG_FILE, type Log, openLog } from "./log";
import { choosePort, localUrl } from "./port";
import { endAttemptProcesses } from "./processes/scan";
import { waitUntilServing } from "./readiness";
import { superviseWeb } from "./web";
import { superviseWorker } from "./worker";

export interface Programs {
  web: string;
  worker: string;
  runner: string;
  /** Next's output folder, relative to the project. */
  distDir: string;
}

const CHILD_DEADLINE_MS = 6_000;
const DATABASE_DEADLINE_MS = 10_000;

/** How to stop what was started, last first: the order in which it is stopped. */
type Stops = (() => Promise<void>)[];

/**
 * Starts the whole product and keeps it running until the signal aborts. Then stops runners, worker, web and
 * PostgreSQL, in this order. Throws when the product cannot be started.
 */
export async function supervise(config: SupervisorConfig, programs: Programs, signal: AbortSignal): Promise<void> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const lock = await lockDataFolder(config.dataDir);
  const stops: Stops = [() => lock.release()];
  try {
    await run({ config, programs, signal, lock, stops });
  } finally {
    for (const stop of stops) await stop().catch((error: Error) => process.stderr.write(`${error.message}\n`));
  }
}

interface StartContext {
  config: SupervisorConfig;
  programs: Programs;
  signal: AbortSignal;
  lock: DataFolderLock;
  stops: Stops;
}

async function run({ config, programs, signal, lock, stops }: StartContext): Promise<void> {
  const { dataDir } = config;
  const log = await prepareFolders(config);
  const secrets = await readSecrets(dataDir);
  const port = await choosePort(config.host, config.port);
  const url = localUrl(config.host, port);
  if (signal.aborted) return;
  const databaseUrl = config.databaseUrl ?? (await startOwnDatabase(dataDir, secrets.databasePassword, { log, stops }));
  if (signal.aborted) return;
  const env = await buildEnvironments({ config, secrets, databaseUrl, port, url, distDir: programs.distDir });

  const web = superviseWeb({ file: programs.web, env: env.web, log });
  stops.unshift(() => web.process.stop(CHILD_DEADLINE_MS));
  const worker = superviseWorker({ files: programs, env, log });
  stops.unshift(() => worker.process.stop(CHILD_DEADLINE_MS));
  stops.unshift(() => worker.runners.stop(CHILD_DEADLINE_MS));

  const isServing = await Promise.race([waitUntilServing(url, signal), web.failed]);
  if (isServing) {
    web.markServing();
    const report = web.report();
    await lock.setAddress(report?.url ?? url);
    log.print(`AgentRun is ready at ${report?.url ?? url}`);
    if (report?.signInUrl) log.print(`Sign in, once, by this link: ${report.signInUrl}`);
    log.print(`Its data lies in ${dataDir}, its log in ${path.join("logs", LOG_FILE)} there. Ctrl-C stops it.`);
  }
  await aborted(signal);
  log.print("Stopping: runners, worker, web, database.");
}

async function prepareFolders({ dataDir, showsDetails }: SupervisorConfig): Promise<Log> {
  for (const name of ["volumes", "archive", "scratch", "logs"]) {
    await mkdir(path.join(dataDir, name), { recursive: true, mode: 0o700 });
  }
  const scratch = path.join(dataDir, "scratch");
  // What attempts of a killed supervisor left: their processes, if any, and their folders.
  for (const attemptId of await readdir(scratch)) {
    await endAttemptProcesses(attemptId);
    await rm(path.join(scratch, attemptId), { recursive: true, force: true });
  }
  return openLog(path.join(dataDir, "logs"), { showsDetails });
}

async function startOwnDatabase(
  dataDir: string,
  password: string,
  { log, stops }: { log: Log; stops: Stops },
): Promise<string> {
  const database = await startDatabase({ dataDir, password, print: log.print });
  stops.unshift(() => database.stop(DATABASE_DEADLINE_MS));
  return database.url;
}
