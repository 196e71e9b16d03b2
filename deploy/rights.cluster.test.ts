import { writeFileSync } from "node:fs";
import path from "node:path";
import * as k8s from "@kubernetes/client-node";
import { expect, test } from "vitest";
import type { AttemptExit } from "@/server/executors";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import { Cluster } from "@/server/kubernetes";
import { ARCHIVER, ATTEMPT, POLICY } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { createTestNamespace } from "@/server/test/cluster/namespace";
import { ended, setPodStatus, waitForPod } from "@/server/test/cluster/pods";
import { createKubernetesVolumes } from "@/server/volumes/kubernetes";
import matrix from "./rbac-matrix.json";
import { actAs } from "./test/account";
import { createExample, type Example } from "./test/example";
import { kubectl } from "./test/kubectl";
import { type Rights, readRights, readRules } from "./test/rights";

const ACCOUNTS = Object.keys(matrix.allowed);
const NOTHING = Object.fromEntries(ACCOUNTS.map((account) => [account, {}]));

async function createAppliedExample(): Promise<Example> {
  const place = await createExample();
  kubectl("apply", "--kustomize", place.overlay);
  // A right is in force a little after it was given.
  for (const [account, rights] of Object.entries<Rights>(matrix.allowed)) {
    const config = await actAs(place, account);
    await expect.poll(() => readRules(config, place.name)).toEqual(expect.arrayContaining(goldenRules(rights)));
  }
  return place;
}

async function readMatrix(place: Example, namespace: string): Promise<Record<string, Rights>> {
  const rows = ACCOUNTS.map(async (account) => {
    return [account, await readRights(await actAs(place, account), namespace, matrix)] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

/** Rules of an account beyond those that the cluster grants to every account of any namespace. */
async function readOwnRules(place: Example, account: string, namespace = place.name): Promise<string[]> {
  await using elsewhere = await createTestNamespace();
  await elsewhere.core.createNamespacedServiceAccount({
    namespace: elsewhere.name,
    body: { metadata: { name: "anyone" } },
  });
  const everyones = await readRules(await actAs(elsewhere, "anyone"), namespace);
  return (await readRules(await actAs(place, account), namespace)).filter((rule) => !everyones.includes(rule));
}

function goldenRules(rights: Rights): string[] {
  return Object.entries(rights)
    .flatMap(([resource, verbs]) => verbs.map((verb) => `${verb} ${resource}`))
    .sort();
}

async function clusterAs(place: Example, account: string): Promise<Cluster> {
  const kubeconfig = path.resolve(place.overlay, `${account}.kubeconfig`);
  writeFileSync(kubeconfig, (await actAs(place, account)).exportConfig(), { mode: 0o600 });
  return new Cluster({ namespace: place.name, kubeconfig });
}

function volumesOf(cluster: Cluster) {
  const policy = { accessMode: "ReadWriteOncePod", defaultSizeBytes: 1024 ** 2 } as const;
  return createKubernetesVolumes({ cluster, policy });
}

test("each account may do in its namespace exactly what the matrix lists", async () => {
  await using place = await createAppliedExample();
  expect(await readMatrix(place, place.name)).toEqual(matrix.allowed);
});

test("no account may do anything in another namespace, in all namespaces, or to the cluster", async () => {
  await using place = await createAppliedExample();
  await using other = await createAppliedExample();
  expect(await readMatrix(place, other.name)).toEqual(NOTHING);
  expect(await readMatrix(place, "")).toEqual(NOTHING);
});

test("no rule grants an account more than the matrix, on any resource", async () => {
  await using place = await createAppliedExample();
  for (const [account, rights] of Object.entries<Rights>(matrix.allowed)) {
    expect(await readOwnRules(place, account), account).toEqual(goldenRules(rights));
    expect(await readOwnRules(place, account, "kube-system"), account).toEqual([]);
  }
});

test("a right granted outside the manifests fails the check", async () => {
  await using place = await createAppliedExample();
  kubectl("--namespace", place.name, "create", "role", "extra", "--verb=list", "--resource=secrets,endpoints");
  const runner = `--serviceaccount=${place.name}:agentrun-runner`;
  kubectl("--namespace", place.name, "create", "rolebinding", "extra", "--role=extra", runner);
  await expect.poll(() => readOwnRules(place, "agentrun-runner")).toEqual(["list endpoints", "list secrets"]);
  expect(await readMatrix(place, place.name)).toEqual({
    ...matrix.allowed,
    "agentrun-runner": { secrets: ["list"] },
  });
});

test("web's rights suffice for volumes, and start no Job", async () => {
  await using place = await createAppliedExample();
  const cluster = await clusterAs(place, "agentrun-web");
  const volumes = volumesOf(cluster);
  const { name, uid } = await volumes.ensure({ sessionId: "ses_1", tenantId: "t", projectId: "p", sizeBytes: null });
  expect(await volumes.find(name)).toMatchObject({ name });
  const listed = [];
  for await (const page of volumes.list()) listed.push(...page);
  expect(listed).toMatchObject([{ name, owner: { sessionId: "ses_1" } }]);
  await volumes.remove(name, uid);
  expect(await volumes.find(name)).toBeNull();
  await expect(cluster.createJob({ metadata: { name: "job" } })).rejects.toMatchObject({ problem: "forbidden" });
  await expect(cluster.createSecret({ metadata: { name: "secret" } })).rejects.toMatchObject({ problem: "forbidden" });
  // What a run's page says of its Job and pod the worker reads for it.
  const log = { container: "runner", tailLines: 1, limitBytes: 1 };
  for (const asked of [
    () => cluster.readJob("job"),
    () => cluster.listPods(""),
    () => cluster.listEvents("Pod", "pod"),
    () => cluster.readLog("pod", log),
  ])
    await expect(asked()).rejects.toMatchObject({ problem: "forbidden" });
});

it("the worker's rights suffice for volumes and attempts", async () => {
  await using place = await createAppliedExample();
  const cluster = await clusterAs(place, "agentrun-worker");
  const volumes = volumesOf(cluster);
  const { name, uid } = await volumes.ensure({ sessionId: "ses_1", tenantId: "t", projectId: "p", sizeBytes: null });
  const listed = [];
  for await (const page of volumes.list()) listed.push(...page);
  expect(listed).toMatchObject([{ name }]);
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const executor = createKubernetesExecutor({ cluster, policy: POLICY, onError, relistMs: 100 });
  const spec = { ...ATTEMPT, volumeName: name };
  await executor.launch(spec);
  await executor.launch(spec);
  expect(await executor.observe(spec.attemptId)).toBe("running");
  await expect.poll(() => cluster.listPods("app.kubernetes.io/component=runner"), { timeout: 20_000 }).toHaveLength(1);
  const [pod] = await cluster.listPods("app.kubernetes.io/component=runner");
  expect(pod?.spec).toMatchObject({ serviceAccountName: "agentrun-runner", automountServiceAccountToken: false });
  expect(JSON.stringify(pod?.spec?.volumes)).not.toContain("serviceAccountToken");
  const details = await executor.inspect(spec.attemptId);
  expect(details).toMatchObject({ pod: { name: pod?.metadata?.name }, faults: [] });
  expect(details?.events).toContainEqual(expect.objectContaining({ of: "Job", reason: "SuccessfulCreate" }));
  // No node has it, so that nothing was written; who may not read it is refused even that.
  const log = { container: "runner", tailLines: 1, limitBytes: 1 };
  expect(await cluster.readLog(pod?.metadata?.name ?? "", log)).toBe("");
  expect(await executor.end(spec.attemptId)).toBe("gone");
  await executor.launchArchiver?.({ ...ARCHIVER, volumeName: name });
  expect(await executor.observe(ARCHIVER.attemptId)).toBe("running");
  expect(await executor.end(ARCHIVER.attemptId)).toBe("gone");
  await executor.close();
  await volumes.remove(name, uid);
  expect(errors).toEqual([]);
});

it("without the right to watch, an attempt's end is found by listing", async () => {
  await using place = await createAppliedExample();
  const rules = JSON.stringify([
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["get", "list", "create", "delete"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
    { apiGroups: [""], resources: ["secrets"], verbs: ["create", "update"] },
  ]);
  const patch = `--patch=[{"op":"replace","path":"/rules","value":${rules}}]`;
  kubectl("--namespace", place.name, "patch", "role", "agentrun-worker", "--type=json", patch);
  // One that was taken away is in force for a little.
  const config = await actAs(place, "agentrun-worker");
  const watching = async () => (await readRules(config, place.name)).filter((rule) => rule.startsWith("watch "));
  await expect.poll(watching).toEqual([]);
  const cluster = await clusterAs(place, "agentrun-worker");
  const errors: unknown[] = [];
  const onError = (error: unknown) => errors.push(error);
  const executor = createKubernetesExecutor({ cluster, policy: POLICY, onError });
  const exits: AttemptExit[] = [];
  executor.onExit((exit) => exits.push(exit));
  await executor.launch(ATTEMPT);
  const { name } = await waitForPod(place, ATTEMPT.attemptId);
  // No watch tells of what comes now.
  await expect.poll(() => errors, { timeout: 10_000 }).toHaveLength(2);
  await setPodStatus(place, name, { phase: "Failed", containerStatuses: ended({ exitCode: 1, reason: "Error" }) });
  await expect.poll(() => exits, { timeout: 40_000 }).toHaveLength(1);
  await executor.close();
  // The refusal is said once for Jobs and once for pods, however often it is met.
  expect(errors).toEqual(Array(2).fill(expect.objectContaining({ problem: "forbidden" })));
});

test("under the admission policy the server changes and deletes only what it made", async () => {
  await using place = await createAppliedExample();
  kubectl("apply", "--filename", "deploy/guard.yaml");
  const namespace = place.name;
  const metadata = { name: "of-a-person" };
  const container = { name: "one", image: "one" };
  await place.core.createNamespacedPersistentVolumeClaim({
    namespace,
    body: { metadata, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Mi" } } } },
  });
  kubectl("--namespace", namespace, "create", "job", metadata.name, `--image=${container.image}`);
  const config = await actAs(place, "agentrun-worker");
  const [core, batch] = [config.makeApiClient(k8s.CoreV1Api), config.makeApiClient(k8s.BatchV1Api)];
  const overwrite = () =>
    core.replaceNamespacedSecret({ namespace, name: "agentrun", body: { metadata: { name: "agentrun" } } });
  const refused = { code: 403, body: expect.stringContaining("AgentRun changes and deletes what it made itself") };
  // A policy is in force a little after it was made.
  await expect.poll(() => overwrite().catch((error: unknown) => error), { timeout: 20_000 }).toMatchObject(refused);
  const web = (await actAs(place, "agentrun-web")).makeApiClient(k8s.CoreV1Api);
  const claim = { namespace, name: metadata.name };
  for (const account of [web, core])
    await expect(account.deleteNamespacedPersistentVolumeClaim(claim)).rejects.toMatchObject(refused);
  await expect(batch.deleteNamespacedJob(claim)).rejects.toMatchObject(refused);

  const cluster = await clusterAs(place, "agentrun-worker");
  const volumes = volumesOf(cluster);
  const { name, uid } = await volumes.ensure({ sessionId: "ses_1", tenantId: "t", projectId: "p", sizeBytes: null });
  const executor = createKubernetesExecutor({ cluster, policy: POLICY, onError: () => undefined });
  await executor.launch(ATTEMPT);
  await executor.launch(ATTEMPT);
  expect(await executor.observe(ATTEMPT.attemptId)).toBe("running");
  expect(await executor.end(ATTEMPT.attemptId)).toBe("gone");
  await executor.close();
  await volumes.remove(name, uid);
});

test("a runner with its account's token can do nothing with it", async () => {
  await using place = await createAppliedExample();
  const core = (await actAs(place, "agentrun-runner")).makeApiClient(k8s.CoreV1Api);
  const refused = { code: 403 };
  await expect(core.listNamespacedSecret({ namespace: place.name })).rejects.toMatchObject(refused);
  await expect(core.readNamespacedSecret({ namespace: place.name, name: "agentrun" })).rejects.toMatchObject(refused);
  await expect(core.listNamespacedPod({ namespace: place.name })).rejects.toMatchObject(refused);
});
