import { endAttempt, readInstallationId } from "./attempts";
import { readServerEnv } from "./env";
import type { Executor } from "./executors";
import { storeRemains } from "./inspection";
import { startHeartbeat, startLoops } from "./loops";
import { prepareDatabase } from "./migrate";
import { openExecutor } from "./open-executor";
import { fail, onStop } from "./process";
import { traceTargetOf } from "./traces";
import { createWiring, shareWiring } from "./wiring";

try {
  await start();
} catch (error) {
  fail(error);
}

async function start(): Promise<void> {
  const env = readServerEnv();
  // Nobody signs in at the worker, so only web needs that file.
  const wiring = shareWiring(createWiring({ ...env, AGENTRUN_SSO: undefined }, "worker"));
  const { log, live } = wiring;
  const stopping = new AbortController();
  let executor: Executor | null = null;
  let loops: ReturnType<typeof startLoops> | null = null;
  // From the first moment on, because what comes before the loops may take minutes.
  const heart = env.AGENTRUN_HEARTBEAT_FILE
    ? startHeartbeat({ file: env.AGENTRUN_HEARTBEAT_FILE, log, longestPassMs: () => loops?.longestPassMs() ?? 0 })
    : null;
  onStop(log, async () => {
    stopping.abort();
    heart?.stop();
    await loops?.stop();
    await executor?.close();
    await wiring.close();
  });
  const contextFor = (name: string) => wiring.serviceFor({ kind: "system", name, tenantId: null }, name);

  live.start();
  await prepareDatabase(env.DATABASE_URL, log, stopping.signal);
  if (stopping.signal.aborted) return;
  const installationId = await readInstallationId(contextFor("executor"));
  executor = openExecutor(env, { log, workspaceRoots: wiring.settings.workspaceRoots, installationId });
  executor.onExit(async ({ attemptId, ...end }) => {
    const ctx = contextFor("executor");
    try {
      await endAttempt(ctx, attemptId, end);
    } catch (error) {
      log.error({ err: error, attemptId }, "could not record the attempt's end");
      throw error;
    }
  });
  executor.onRemains(async (remains) => {
    try {
      await storeRemains(contextFor("executor"), remains);
    } catch (error) {
      // The attempt's end is recorded even if its remains are not.
      log.error({ err: error, attemptId: remains.attemptId }, "could not store the attempt's remains");
    }
  });
  const traces = traceTargetOf(env);
  if (traces.warning !== null) log.warn(traces.warning);
  loops = startLoops({
    live,
    log,
    executor,
    contextFor,
    traceTarget: traces.target,
    databaseUrl: env.DATABASE_URL,
    gcIntervalMs: env.AGENTRUN_SESSION_GC_INTERVAL_MS,
  });
  log.info("working");
}
