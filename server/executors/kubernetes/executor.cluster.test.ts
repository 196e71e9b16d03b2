import { expect, inject, test } from "vitest";
import { RUNNER_EXIT } from "@/contract/runner";
import { toJobName } from "@/server/executors/executor";
import { Cluster } from "@/server/kubernetes";
import { startApiProxy } from "@/server/test/cluster/api-proxy";
import { POLICY } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { makeLaunchSpec, openExecutor } from "@/server/test/cluster/executor";
import { startFaultProxy } from "@/server/test/cluster/fault-proxy";
import { createTestNamespace } from "@/server/test/cluster/namespace";
import { bindToLostNode, ended, setPodStatus, waitForPod } from "@/server/test/cluster/pods";
import { jobFor } from "./manifests";
import { findUnstartable } from "./outcome";

// The API server, its controllers and its scheduler are real. There is no node; the tests play it.
test("launching twice makes one Job with the newest token", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const { executor } = opened;
  const spec = makeLaunchSpec();
  await Promise.all([executor.launch(spec), executor.launch(spec)]);
  await executor.launch({ ...spec, launchToken: "arl_second" });
  const jobs: unknown[] = [];
  for await (const page of place.cluster.listJobs("app.kubernetes.io/managed-by=agentrun")) jobs.push(...page);
  expect(jobs).toHaveLength(1);
  const secret = await place.core.readNamespacedSecret({ name: toJobName(spec.attemptId), namespace: place.name });
  expect(Buffer.from(secret.data?.token ?? "", "base64").toString()).toBe("arl_second");
  expect(secret.metadata?.ownerReferences?.[0]?.uid).toBe(
    (await place.cluster.readJob(toJobName(spec.attemptId))).metadata?.uid,
  );
  expect(JSON.stringify(jobs)).not.toContain("arl_");
  expect(await executor.observe(spec.attemptId)).toBe("running");
});

it("a Job's pods are admitted where Pod Security is restricted", async () => {
  await using place = await createTestNamespace({ "pod-security.kubernetes.io/enforce": "restricted" });
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { pod } = await waitForPod(place, spec.attemptId);
  expect(pod.spec?.automountServiceAccountToken).toBe(false);
  expect(pod.spec?.containers).toHaveLength(1);
});

test.each([
  { isReadOnly: true, volumeName: "agentrun-volume" },
  { isReadOnly: true, volumeName: null },
  { isReadOnly: false, volumeName: "agentrun-volume" },
])("a pod with an init container for its disk is admitted where Pod Security is restricted: %o", async (more) => {
  await using place = await createTestNamespace({ "pod-security.kubernetes.io/enforce": "restricted" });
  const job = jobFor({ ...makeLaunchSpec(), ...more }, { ...POLICY, serviceAccount: null });
  const dryRun = (body: object) => place.core.createNamespacedPod({ namespace: place.name, body, dryRun: "All" });
  const { metadata, spec } = job.spec?.template ?? {};
  const pod = await dryRun({ metadata: { ...metadata, generateName: "pod-" }, spec });

  const [prepare] = pod.spec?.initContainers ?? [];
  const [runner] = pod.spec?.containers ?? [];
  expect([prepare?.name, runner?.name]).toEqual(["prepare", "runner"]);
  expect(prepare?.image).toBe(runner?.image);
  expect(prepare?.env).toContainEqual({ name: "AGENTRUN_STEP", value: "prepare" });
  expect(runner?.env).toContainEqual({ name: "AGENTRUN_STEP", value: "work" });
  const hasProbe = (job: ReturnType<typeof jobFor>) =>
    JSON.stringify(job.spec?.template.spec?.initContainers?.[0]?.env).includes("AGENTRUN_NETWORK_PROBE");
  expect(hasProbe(job)).toBe(true);
  expect(hasProbe(jobFor({ ...makeLaunchSpec(), ...more, hasNetwork: true }, POLICY))).toBe(false);
  const { volumeName } = more;
  const workspace =
    volumeName === null
      ? { name: "scratch", subPath: "volume/workspace", mountPath: "/scratch/volume/workspace", readOnly: true }
      : { name: "volume", subPath: "workspace", mountPath: "/volume/workspace", readOnly: true };
  expect(runner?.volumeMounts?.filter(({ readOnly }) => readOnly)).toEqual(more.isReadOnly ? [workspace] : []);
  expect(prepare?.volumeMounts?.some(({ readOnly }) => readOnly)).toBe(false);
  // The namespace's policy works: the same pod with one more privilege is not admitted.
  const loose = structuredClone(spec) as { initContainers: { securityContext: object }[] };
  for (const container of loose.initContainers) container.securityContext = { allowPrivilegeEscalation: true };
  await expect(dryRun({ metadata: { ...metadata, generateName: "pod-" }, spec: loose })).rejects.toMatchObject({
    code: 403,
  });
});

it("reports an attempt that failed in its init container with that container's message", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  const [status] = ended({ exitCode: RUNNER_EXIT.endedInPreparation, reason: "Error", message: "no archive" });
  await setPodStatus(place, name, { phase: "Failed", initContainerStatuses: [{ ...status, name: "prepare" }] });
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({ code: 0, message: "no archive" });
});

test("does not adopt a foreign Job of the attempt's name", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await place.cluster.createJob({
    metadata: { name: toJobName(spec.attemptId) },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "other", image: "other" }] } } },
  });
  await expect(opened.executor.launch(spec)).rejects.toThrow("not of this attempt");
});

const NODE_SHORT = "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 900Mi. ";
const runner = (terminated: Record<string, unknown>) => ({ containerStatuses: ended(terminated) });

it.each([
  ["out-of-memory", runner({ exitCode: 137, reason: "OOMKilled" }), "container OOMKilled"],
  ["evicted", { reason: "Evicted", message: NODE_SHORT, ...runner({ exitCode: 137, reason: "Error" }) }, NODE_SHORT],
  [
    "evicted",
    {
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" }],
      ...runner({ exitCode: 143 }),
    },
    "",
  ],
  [
    "storage-full",
    { reason: "Evicted", message: 'Usage of EmptyDir volume "scratch" exceeds the limit "4Gi". ' },
    'Usage of EmptyDir volume "scratch"',
  ],
  [
    "storage-full",
    { reason: "Evicted", message: "Pod ephemeral local storage usage exceeds the total limit of containers 5Gi. " },
    "exceeds the total limit",
  ],
  [
    "storage-full",
    runner({ exitCode: RUNNER_EXIT.storageFull, reason: "Error", message: "ENOSPC: no space left on device" }),
    "no space left on device",
  ],
  [null, runner({ exitCode: 1, reason: "Error", message: "runner failed" }), "runner failed"],
] as const)("reports a pod's end with its cause, %s, and its own message", async (cause, status, words) => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await setPodStatus(place, name, { phase: "Failed", ...status });
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({ cause, message: expect.stringContaining(words.trim()) });
});

it("reports an attempt that the cluster ended at its deadline", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place, { activeDeadlineSeconds: 1 });
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({
    attemptId: spec.attemptId,
    cause: "deadline",
    message: expect.stringContaining("Job DeadlineExceeded"),
  });
});

it("reports an attempt's end once, with exit code and the container's message", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await setPodStatus(place, name, {
    phase: "Failed",
    containerStatuses: ended({ exitCode: 137, reason: "OOMKilled", message: "the last lines" }),
  });
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({
    attemptId: spec.attemptId,
    code: 137,
    message: expect.stringContaining("container OOMKilled; the last lines"),
  });
  expect(await opened.executor.observe(spec.attemptId)).toBe("gone");
  // Otherwise its pod would hold the session's claim for as long as the Job is kept.
  await expect.poll(() => place.cluster.listPods(""), { timeout: 20_000 }).toEqual([]);
  expect(opened.exits).toHaveLength(1);
  expect(opened.errors).toEqual([]);
});

it("ends a pod whose image cannot be pulled, with that reason", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  const waiting = { reason: "ErrImageNeverPull", message: "no such image" };
  await setPodStatus(place, name, {
    containerStatuses: [{ name: "runner", image: "i", imageID: "", ready: false, restartCount: 0, state: { waiting } }],
  });
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({
    cause: "unstartable",
    message: "its pod could not start: ErrImageNeverPull: no such image",
  });
  expect(await opened.executor.observe(spec.attemptId)).toBe("gone");
});

it("ends a pod that stays unschedulable too long, with the scheduler's message", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place, { unschedulableMaxMs: 0 });
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({
    cause: "unschedulable",
    message: expect.stringContaining("Unschedulable"),
  });
});

const waits = (name: string, waiting: object) => ({
  ...{ name, image: "i", imageID: "", ready: false, restartCount: 0 },
  state: { waiting },
});
const NO_SECRET = { reason: "CreateContainerConfigError", message: 'secret "agentrun-1" not found' };
const CREATING = { reason: "ContainerCreating" };
const NO_MOUNT = 'MountVolume.SetUp failed for volume "volume": no such device';

it.each([
  ["finds no Secret", [NO_SECRET, { reason: "PodInitializing" }], `CreateContainerConfigError: ${NO_SECRET.message}`],
  ["cannot mount its volume", [CREATING, CREATING], `ContainerCreating; FailedMount: ${NO_MOUNT}`],
])(
  "gives up a scheduled pod that %s after its time limit, with the pod's message, and not before",
  async (_, how, words) => {
    await using place = await createTestNamespace();
    await using patient = openExecutor(place);
    const spec = makeLaunchSpec();
    await patient.executor.launch(spec);
    const { name } = await waitForPod(place, spec.attemptId);
    await bindToLostNode(place, name);
    const [prepare = {}, runner = {}] = how;
    const status = { initContainerStatuses: [waits("prepare", prepare)], containerStatuses: [waits("runner", runner)] };
    await setPodStatus(place, name, status);
    await place.core.createNamespacedEvent({
      namespace: place.name,
      body: {
        metadata: { name: "event-1", namespace: place.name },
        involvedObject: { kind: "Pod", name, namespace: place.name },
        ...{ type: "Warning", reason: "FailedMount", message: NO_MOUNT, lastTimestamp: new Date() },
      },
    });
    // A few looks at an attempt whose time is not over.
    await using proxy = await startApiProxy(place);
    await using looking = openExecutor(place, { cluster: proxy.cluster });
    await expect
      .poll(() => proxy.calls.filter((call) => call.endsWith("/pods")).length, { timeout: 20_000 })
      .toBeGreaterThan(4);
    expect([...patient.exits, ...looking.exits]).toEqual([]);

    await using hasty = openExecutor(place, { stalledMaxMs: 0 });
    const isBeingDeleted = async () =>
      (await place.core.readNamespacedPod({ name, namespace: place.name })).metadata?.deletionTimestamp !== undefined;
    await expect.poll(isBeingDeleted, { timeout: 60_000 }).toBe(true);
    // Does what the node would do.
    await place.core.deleteNamespacedPod({ name, namespace: place.name, gracePeriodSeconds: 0 });
    await expect.poll(() => hasty.exits, { timeout: 20_000 }).toHaveLength(1);
    expect(hasty.exits[0]).toMatchObject({ cause: "unstartable", message: expect.stringContaining(words) });
  },
);

it("gives up a Job whose pod is refused too long, with the cluster's message, and not before", async () => {
  await using place = await createTestNamespace();
  await place.core.createNamespacedResourceQuota({
    namespace: place.name,
    body: { metadata: { name: "full" }, spec: { hard: { pods: "0" } } },
  });
  await using patient = openExecutor(place);
  const spec = makeLaunchSpec();
  await patient.executor.launch(spec);
  const isRefused = async () =>
    (await place.cluster.listEvents("Job", toJobName(spec.attemptId))).some(({ reason }) => reason === "FailedCreate");
  await expect.poll(isRefused, { timeout: 20_000 }).toBe(true);
  expect(patient.exits).toEqual([]);

  await using hasty = openExecutor(place, { stalledMaxMs: 0 });
  await expect.poll(() => hasty.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(hasty.exits[0]).toMatchObject({
    cause: "unschedulable",
    message: expect.stringMatching(/^its pod could not start: the cluster made none; FailedCreate: .*exceeded quota/),
  });
  expect(await hasty.executor.observe(spec.attemptId)).toBe("gone");
});

it("a pod whose init container runs, or ended a moment ago, is not stalled", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await bindToLostNode(place, name);
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000);
  const patience = { unschedulableMaxMs: 0, stalledMaxMs: 60_000 };
  const hopeless = async (state: object, later: number) => {
    const prepare = { ...waits("prepare", {}), state };
    await setPodStatus(place, name, {
      initContainerStatuses: [prepare],
      containerStatuses: [waits("runner", { reason: "PodInitializing" })],
    });
    const pod = await place.core.readNamespacedPod({ name, namespace: place.name });
    return findUnstartable(pod, patience, at(later).getTime());
  };
  expect(await hopeless({ running: { startedAt: at(-60) } }, 60)).toBeNull();
  const terminated = { exitCode: 0, startedAt: at(-60), finishedAt: at(30) };
  expect(await hopeless({ terminated }, 30.5)).toBeNull();
  expect(await hopeless({ terminated }, 32)).toMatchObject({ cause: "unstartable", message: "PodInitializing" });
});

it("reports a Job that cannot be inspected, and still reports those after it", async () => {
  await using place = await createTestNamespace();
  await using proxy = await startFaultProxy(inject("kubeconfig"));
  const cluster = new Cluster({ namespace: place.name, kubeconfig: proxy.kubeconfig });
  // The API server lists them by name.
  const specs = [makeLaunchSpec(), makeLaunchSpec()].sort((one, other) =>
    toJobName(one.attemptId).localeCompare(toJobName(other.attemptId)),
  );
  const [first, second] = specs.map(({ attemptId }) => attemptId);
  proxy.strike({
    ...{ method: "GET", path: new RegExp(`/pods\\?.*${toJobName(first ?? "")}`), times: 1_000_000 },
    fault: { kind: "refuse", code: 500 },
  });
  await using opened = openExecutor(place, { cluster });
  for (const spec of specs) await opened.executor.launch(spec);
  for (const { attemptId } of specs) {
    const { name } = await waitForPod(place, attemptId);
    await setPodStatus(place, name, {
      phase: "Failed",
      ...runner({ exitCode: 1, reason: "Error", message: "runner failed" }),
    });
  }
  await expect.poll(() => opened.exits.map(({ attemptId }) => attemptId), { timeout: 20_000 }).toEqual([second]);
  expect(opened.errors).toContainEqual(expect.objectContaining({ problem: "unknown" }));
  proxy.calm();
  await expect.poll(() => opened.exits.map(({ attemptId }) => attemptId), { timeout: 20_000 }).toEqual([second, first]);
});

it("an attempt is gone once its pod is; on a node that does not answer its end stays unconfirmed", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place, { endDeadlineMs: 2_000 });
  const { executor } = opened;
  const [free, held] = [makeLaunchSpec(), makeLaunchSpec()];
  await executor.launch(free);
  await waitForPod(place, free.attemptId);
  expect(await executor.end(free.attemptId)).toBe("gone");
  expect(await executor.end(free.attemptId)).toBe("gone");
  expect(await executor.observe(free.attemptId)).toBe("gone");

  await executor.launch(held);
  const { name } = await waitForPod(place, held.attemptId);
  await bindToLostNode(place, name);
  expect(await executor.end(held.attemptId)).toBe("unconfirmed");
  expect(await executor.observe(held.attemptId)).toBe("running");
  await place.core.deleteNamespacedPod({ name, namespace: place.name, gracePeriodSeconds: 0 });
  await expect.poll(() => executor.end(held.attemptId), { timeout: 15_000 }).toBe("gone");
});

it("concurrent requests to end an attempt share one end, and nothing is launched meanwhile", async () => {
  await using place = await createTestNamespace();
  await using proxy = await startFaultProxy(inject("kubeconfig"));
  const cluster = new Cluster({ namespace: place.name, kubeconfig: proxy.kubeconfig });
  await using opened = openExecutor(place, { cluster });
  const { executor } = opened;
  const spec = makeLaunchSpec();
  await executor.launch(spec);
  let release = () => {};
  const until = new Promise<void>((resolve) => {
    release = resolve;
  });
  const fault = { kind: "hold", until } as const;
  const deletions = proxy.strike({ method: "DELETE", path: /\/jobs\//, times: 1_000_000, fault });

  const ends = [executor.end(spec.attemptId)];
  await expect.poll(() => deletions.hits(), { timeout: 20_000 }).toBe(1);
  ends.push(executor.end(spec.attemptId));
  await expect(executor.launch(spec)).rejects.toMatchObject({ reason: "executor-unavailable", passing: "request" });
  release();
  expect(await Promise.all(ends)).toEqual(["gone", "gone"]);
  expect(deletions.hits()).toBe(1);

  await executor.launch(spec);
  await waitForPod(place, spec.attemptId);
  expect(await executor.observe(spec.attemptId)).toBe("running");
});
