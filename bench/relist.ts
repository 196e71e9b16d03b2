import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as k8s from "@kubernetes/client-node";
import pg from "pg";
import { reconcileAttempts } from "@/server/attempts";
import { createKubernetesExecutor, type LaunchSpec } from "@/server/executors";
import { Cluster, type Job } from "@/server/kubernetes";
import { ATTEMPT, POLICY } from "@/server/test/cluster/attempt";
import { startControlPlane } from "@/server/test/cluster/control-plane";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { quantile } from "./measure";

// Looks of the worker at very many Jobs of a real API server: how long one takes, and whether memory grows with them.
// The Jobs are suspended, so that the cluster makes no pods of them. It needs a cluster, as test:cluster does.
const JOBS = Number(process.env.BENCH_JOBS ?? 5_000);
const LOOKS = Number(process.env.BENCH_LOOKS ?? 20);
const CREATORS = 16;
const NEVER_MS = 3_600_000;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** A cluster in which Jobs wait, and their tokens are not kept. */
class Suspended extends Cluster {
  override createJob(job: Job): Promise<Job> {
    if (job.spec) job.spec.suspend = true;
    return super.createJob(job);
  }
  override async createSecret(): Promise<void> {}
}

const controlPlane = await startControlPlane();
const namespace = `agentrun-bench-${randomUUID().slice(0, 8)}`;
const config = new k8s.KubeConfig();
config.loadFromFile(controlPlane.kubeconfig);
const core = config.makeApiClient(k8s.CoreV1Api);
await core.createNamespace({ body: { metadata: { name: namespace } } });
try {
  await bench();
} finally {
  await core.deleteNamespace({ name: namespace });
  await controlPlane.stop();
}

async function bench(): Promise<void> {
  await using database = await startBenchDatabase();
  await using ctx = testContext(database, { settings: { executor: "kubernetes" } });
  const executor = createKubernetesExecutor({
    cluster: new Suspended({ namespace, kubeconfig: controlPlane.kubeconfig }),
    policy: {
      ...POLICY,
      installationId: "bench",
      networkProbe: "127.0.0.1:1",
      serviceAccount: null,
      activeDeadlineSeconds: 86_400,
    },
    onError: (error) => console.error(error),
    // Its own looks ask the same.
    relistMs: NEVER_MS,
  });
  const attempts = Array.from({ length: JOBS }, (_, index) => `att_${index}`);
  await insertRows(database.url, attempts);
  const startedAt = performance.now();
  const waiting = [...attempts];
  const create = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) await executor.launch(specOf(id));
  };
  await Promise.all(Array.from({ length: CREATORS }, create));
  console.log(`${JOBS} Jobs made in ${seconds(startedAt)} s`);

  await reconcileAttempts({ ctx, executor });
  const took: number[] = [];
  const heap: number[] = [];
  const resident: number[] = [];
  const cpuBefore = process.cpuUsage();
  for (let look = 0; look < LOOKS; look += 1) {
    const lookedAt = performance.now();
    await reconcileAttempts({ ctx, executor });
    took.push(performance.now() - lookedAt);
    resident.push(megabytes(process.memoryUsage().rss));
    collect();
    heap.push(megabytes(process.memoryUsage().heapUsed));
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  await executor.close();
  took.sort((left, right) => left - right);
  const third = Math.floor(LOOKS / 3);
  console.log(`${LOOKS} looks at ${JOBS} Jobs and as many rows`);
  console.log(
    `  one look           p50 ${Math.round(quantile(took, 0.5))} ms  worst ${Math.round(took.at(-1) ?? 0)} ms`,
  );
  console.log(
    `  its processor time  ${Math.round((user + system) / LOOKS / 1_000)} ms, with the collections of this bench`,
  );
  console.log(
    `  heap, collected    ${mean(heap.slice(0, third))} MB in the first third, ${mean(heap.slice(-third))} MB in the last`,
  );
  console.log(
    `  resident           ${mean(resident.slice(0, third))} MB in the first third, ${mean(resident.slice(-third))} MB in the last`,
  );
}

function specOf(attemptId: string): LaunchSpec {
  const own = { attemptId, runId: "run_bench", runnerId: "runner_bench", launchToken: "none" };
  return { ...ATTEMPT, ...own, volumeName: "agentrun-volume" };
}

/** One run and command with as many attempts: the looks read attempts alone. */
async function insertRows(url: string, attempts: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO agentrun_runs (id, tenant_id, project_id, provider_id, backend_profile, workspace_ref, execution_policy, status)
     VALUES ('run_bench', 'default', 'default', 'default', 'codex', '{}', '{}', 'pending')`,
  );
  await client.query(
    `INSERT INTO agentrun_commands (id, run_id, seq, type, payload, payload_hash, state)
     VALUES ('cmd_bench', 'run_bench', 1, 'turn', '{}', '', 'pending')`,
  );
  await client.query(
    `INSERT INTO agentrun_runner_jobs (id, run_id, command_id, payload_hash, attempt_id, runner_id, namespace, job_name,
       manager_url, image, source_commit, result, state)
     SELECT 'rjob_' || id, 'run_bench', 'cmd_bench', '', id, 'runner_bench', 'bench', id, '', '', '', '{}', 'running'
     FROM unnest($1::text[]) AS id`,
    [attempts],
  );
  await client.end();
}

function megabytes(bytes: number): number {
  return bytes / 1024 ** 2;
}

function mean(samples: number[]): string {
  return (samples.reduce((sum, sample) => sum + sample, 0) / samples.length).toFixed(1);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}
