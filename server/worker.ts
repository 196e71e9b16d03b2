import path from "node:path";
import { endAttempt } from "./attempts";
import { readServerEnv, type ServerEnv } from "./env";
import { createLocalExecutor, createNoExecutor, type Executor, findCodex, openSupervisorChannel } from "./executors";
import { startLoops } from "./loops";
import { prepareDatabase } from "./migrate";
import { fail, onStop } from "./process";
import { createWiring, shareWiring } from "./wiring";

try {
  await start();
} catch (error) {
  fail(error);
}

async function start(): Promise<void> {
  const env = readServerEnv();
  const wiring = shareWiring(createWiring(env, "worker"));
  const { log, live } = wiring;
  const executor = openExecutor(env, wiring.settings.workspaceRoots);
  const stopping = new AbortController();
  let loops: { stop(): Promise<void> } | null = null;
  onStop(log, async () => {
    stopping.abort();
    await loops?.stop();
    await executor.close();
    await wiring.close();
  });
  const contextFor = (name: string) => wiring.serviceFor({ kind: "system", name, tenantId: null }, name);

  live.start();
  await prepareDatabase(env.DATABASE_URL, log, stopping.signal);
  if (stopping.signal.aborted) return;
  executor.onExit(({ attemptId, code, signal, stderrTail }) => {
    // What is lost here is seen by the reconciler.
    endAttempt(contextFor("executor"), attemptId, { code, signal, message: stderrTail }).catch((error: unknown) =>
      log.error({ err: error, attemptId }, "the end of an attempt could not be recorded"),
    );
  });
  loops = startLoops({
    live,
    log,
    executor,
    contextFor,
    databaseUrl: env.DATABASE_URL,
    gcIntervalMs: env.AGENTRUN_SESSION_GC_INTERVAL_MS,
  });
  log.info("working");
}

function openExecutor(env: ServerEnv, workspaceRoots: string[]): Executor {
  if (env.AGENTRUN_EXECUTOR === "none") return createNoExecutor();
  const codexPath = findCodex({ configured: env.AGENTRUN_CODEX_PATH, path: env.PATH });
  return createLocalExecutor({
    channel: openSupervisorChannel(),
    dataDir: path.resolve(env.AGENTRUN_DATA_DIR),
    workspaceRoots,
    // Without one every run fails and says so: the rest of the product works.
    codexPath: codexPath ?? "codex",
    logLevel: env.LOG_LEVEL,
  });
}
