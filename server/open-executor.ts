import path from "node:path";
import type { Logger } from "pino";
import type { ServerEnv } from "./env";
import {
  createKubernetesExecutor,
  createLocalExecutor,
  createNoExecutor,
  type Executor,
  findCodex,
  openSupervisorChannel,
} from "./executors";
import { openCluster } from "./seams";

/** How much one attempt may write outside its volume. */
const SCRATCH_LIMIT = "4Gi";
/** Long enough to look at an attempt's Job after its end; the attempt's row stays. */
const FINISHED_JOB_TTL_SECONDS = 600;

/** Kubernetes sets these two variables in each pod and replaces the references by their values. */
const API_SERVER = "$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)";

type Deps = { log: Logger; workspaceRoots: string[]; installationId: string };

/** Opens the executor that the environment names. Throws an error that names a missing variable. */
export function openExecutor(env: ServerEnv, deps: Deps): Executor {
  switch (env.AGENTRUN_EXECUTOR) {
    case "none":
      return createNoExecutor();
    case "kubernetes":
      return openKubernetesExecutor(env, deps);
    case "local":
      return createLocalExecutor({
        channel: openSupervisorChannel(),
        dataDir: path.resolve(env.AGENTRUN_DATA_DIR),
        workspaceRoots: deps.workspaceRoots,
        // Without a codex program every run fails with that message, and the rest of the product works.
        codexPath: findCodex({ configured: env.AGENTRUN_CODEX_PATH, path: env.PATH }) ?? "codex",
        logLevel: env.LOG_LEVEL,
      });
    default:
      return env.AGENTRUN_EXECUTOR satisfies never;
  }
}

function openKubernetesExecutor(env: ServerEnv, { log, installationId }: Deps): Executor {
  if (!env.AGENTRUN_RUNNER_IMAGE) throw new Error("AGENTRUN_RUNNER_IMAGE: is required where runners are Jobs");
  if (!env.AGENTRUN_RUNNER_URL)
    throw new Error("AGENTRUN_RUNNER_URL: is required where runners are Jobs: where their pods reach web");
  return createKubernetesExecutor({
    cluster: openCluster(env),
    onError: (error) => log.error({ err: error }, "could not read the cluster's Jobs"),
    policy: {
      installationId,
      image: env.AGENTRUN_RUNNER_IMAGE,
      imagePullPolicy: env.AGENTRUN_RUNNER_IMAGE_PULL_POLICY,
      serviceAccount: env.AGENTRUN_RUNNER_SERVICE_ACCOUNT ?? null,
      cpuRequest: env.AGENTRUN_RUNNER_CPU,
      memoryRequest: env.AGENTRUN_RUNNER_MEMORY,
      memoryLimit: env.AGENTRUN_RUNNER_MEMORY,
      scratchLimit: SCRATCH_LIMIT,
      activeDeadlineSeconds: env.AGENTRUN_RUNNER_DEADLINE_SECONDS,
      ttlSeconds: FINISHED_JOB_TTL_SECONDS,
      logLevel: env.LOG_LEVEL,
      networkProbe: env.AGENTRUN_NETWORK_PROBE ?? API_SERVER,
    },
  });
}
