import { expect, test } from "vitest";
import { type ArchiverSpec, toJobName } from "@/server/executors/executor";
import { ARCHIVER } from "@/server/test/cluster/attempt";
import { it } from "@/server/test/cluster/controllers";
import { openExecutor } from "@/server/test/cluster/executor";
import { createTestNamespace, type TestNamespace } from "@/server/test/cluster/namespace";
import { bindToLostNode, ended, setPodStatus, waitForPod } from "@/server/test/cluster/pods";

// As in the executor's tests, the cluster's control plane is real, and the tests play the node.
let attempts = 0;
function specOf(): ArchiverSpec {
  attempts += 1;
  const sessionId = "ses_$(AGENTRUN_ARCHIVER_TOKEN)";
  return { ...ARCHIVER, attemptId: `arv_${Date.now()}_${attempts}`, sessionId };
}

function open(place: TestNamespace) {
  const { executor, ...opened } = openExecutor(place);
  const { launchArchiver: launch, end, observe } = executor;
  if (launch === null) throw new Error("claims are archived by Jobs");
  return { ...opened, launch, end, observe };
}

it("an archiver's pod is restricted, mounts the claim read-only, has a token and reaches only web", async () => {
  await using place = await createTestNamespace({ "pod-security.kubernetes.io/enforce": "restricted" });
  await using opened = open(place);
  const spec = specOf();
  await opened.launch(spec);
  const { pod } = await waitForPod(place, spec.attemptId);
  expect(pod.metadata?.labels).toMatchObject({
    "app.kubernetes.io/managed-by": "agentrun",
    "app.kubernetes.io/component": "runner",
    "agentrun.dev/network": "denied",
  });
  expect(pod.spec?.automountServiceAccountToken).toBe(false);
  expect(pod.spec?.initContainers).toBeUndefined();
  const [container, ...others] = pod.spec?.containers ?? [];
  expect(others).toEqual([]);
  expect(container?.volumeMounts).toEqual([
    expect.objectContaining({ name: "volume", mountPath: "/volume", readOnly: true }),
    expect.objectContaining({ name: "tmp", mountPath: "/tmp" }),
  ]);
  expect(pod.spec?.volumes).toContainEqual({
    name: "volume",
    persistentVolumeClaim: { claimName: "agentrun-volume" },
  });
  const name = toJobName(spec.attemptId);
  expect(container?.env).toContainEqual({ name: "AGENTRUN_STEP", value: "archive" });
  // For the cluster, `$$` is a plain dollar sign, so no part of an id is replaced by a variable.
  expect(container?.env).toContainEqual({ name: "AGENTRUN_SESSION_ID", value: "ses_$$(AGENTRUN_ARCHIVER_TOKEN)" });
  expect(container?.env).toContainEqual({
    name: "AGENTRUN_ARCHIVER_TOKEN",
    valueFrom: { secretKeyRef: { name, key: "token" } },
  });
  const job = await place.cluster.readJob(name);
  expect(job.spec).toMatchObject({ backoffLimit: 0, activeDeadlineSeconds: 3_600, ttlSecondsAfterFinished: 600 });
  expect(JSON.stringify(job)).not.toContain("arv_first");
});

test("launching twice makes one Job with the newest token, and a foreign Job of its name is not adopted", async () => {
  await using place = await createTestNamespace();
  await using opened = open(place);
  const [spec, taken] = [specOf(), specOf()];
  await Promise.all([opened.launch(spec), opened.launch(spec)]);
  await opened.launch({ ...spec, token: "arv_second" });
  const jobs: unknown[] = [];
  for await (const page of place.cluster.listJobs("app.kubernetes.io/managed-by=agentrun")) jobs.push(...page);
  expect(jobs).toHaveLength(1);
  const name = toJobName(spec.attemptId);
  const secret = await place.core.readNamespacedSecret({ name, namespace: place.name });
  expect(Buffer.from(secret.data?.token ?? "", "base64").toString()).toBe("arv_second");
  expect(secret.metadata?.ownerReferences?.[0]?.uid).toBe((await place.cluster.readJob(name)).metadata?.uid);

  await place.cluster.createJob({
    metadata: { name: toJobName(taken.attemptId) },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "other", image: "other" }] } } },
  });
  await expect(opened.launch(taken)).rejects.toThrow("not of this attempt");
});

it("reports a failed archiver with its own message, and its pod frees the claim", async () => {
  await using place = await createTestNamespace();
  await using opened = open(place);
  const spec = specOf();
  await opened.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  const message = "the archive has no space left: free some";
  await setPodStatus(place, name, {
    phase: "Failed",
    containerStatuses: ended({ exitCode: 5, reason: "Error", message }),
  });
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({ attemptId: spec.attemptId, code: 5, message });
  await expect.poll(() => place.cluster.listPods(""), { timeout: 20_000 }).toEqual([]);
  expect(opened.errors).toEqual([]);
});

it("an archiver is gone once its pod is; on a node that does not answer its end stays unconfirmed", async () => {
  await using place = await createTestNamespace();
  await using opened = open(place);
  const [free, held] = [specOf(), specOf()];
  await opened.launch(free);
  await waitForPod(place, free.attemptId);
  expect(await opened.end(free.attemptId)).toBe("gone");
  expect(await opened.observe(free.attemptId)).toBe("gone");

  await opened.launch(held);
  const { name } = await waitForPod(place, held.attemptId);
  await bindToLostNode(place, name);
  expect(await opened.end(held.attemptId)).toBe("unconfirmed");
  await place.core.deleteNamespacedPod({ name, namespace: place.name, gracePeriodSeconds: 0 });
  await expect.poll(() => opened.end(held.attemptId), { timeout: 15_000 }).toBe("gone");
});
