import { expect, test } from "vitest";
import { Cluster } from "@/server/kubernetes";
import { it } from "@/server/test/cluster/controllers";
import { createTestNamespace, type TestNamespace } from "@/server/test/cluster/namespace";
import { useClaim } from "@/server/test/cluster/pods";
import { createKubernetesVolumes } from ".";

const GIB = 1024 ** 3;
const HOSTILE = "ses.A:b_c-$(touch x)";
const spec = (sessionId: string) => ({ sessionId, tenantId: "tenant", projectId: "project", sizeBytes: null });

/** Nobody uses the claims of most tests, so the cluster removes them when it gets to them, which may take seconds. */
const GONE_DEADLINE_MS = 60_000;

function open(place: TestNamespace, { cluster = place.cluster, goneDeadlineMs = GONE_DEADLINE_MS } = {}) {
  const policy = { accessMode: "ReadWriteOncePod", defaultSizeBytes: GIB } as const;
  return createKubernetesVolumes({ cluster, policy, goneDeadlineMs });
}

/** Makes a cluster in which something happens between two calls. */
function meddled(place: TestNamespace, meddle: Partial<Record<"deleteClaim" | "createClaim", () => Promise<void>>>) {
  const cluster = new Proxy(place.cluster, {
    get(target, key: keyof Cluster) {
      const value = target[key];
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        if (key === "deleteClaim" || key === "createClaim") await meddle[key]?.();
        return Reflect.apply(value, target, args);
      };
    },
  });
  return open(place, { cluster });
}

it("creates a session's claim once, with caller-chosen text only in annotations", async () => {
  await using place = await createTestNamespace();
  const volumes = open(place);
  const made = await Promise.all([volumes.ensure(spec(HOSTILE)), volumes.ensure(spec(HOSTILE))]);
  expect(made[0]?.name).toMatch(/^agentrun-[0-9a-f]{32}$/);
  expect(made[0]?.name).toBe(volumes.nameFor(HOSTILE));
  const { items } = await place.core.listNamespacedPersistentVolumeClaim({ namespace: place.name });
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    metadata: {
      name: made[0]?.name,
      labels: { "app.kubernetes.io/managed-by": "agentrun" },
      annotations: { "agentrun.dev/session-id": HOSTILE },
    },
    spec: { accessModes: ["ReadWriteOncePod"], resources: { requests: { storage: String(GIB) } } },
  });
  await expect.poll(() => volumes.find(made[0]?.name ?? "")).toMatchObject({ phase: "Bound" });
});

test("removes a claim, and removing a missing one is no error", async () => {
  await using place = await createTestNamespace();
  const volumes = open(place);
  const { name, uid } = await volumes.ensure(spec("ses_1"));
  expect(await volumes.remove(name, uid)).toBe("gone");
  expect(await volumes.find(name)).toBeNull();
  expect(await volumes.remove(name, uid)).toBe("gone");
  expect(await volumes.isEmpty(name)).toBeNull();
  expect(volumes.folderOf(name)).toBeNull();
});

test("neither uses nor removes a foreign claim of the same name", async () => {
  await using place = await createTestNamespace();
  const volumes = open(place);
  const name = volumes.nameFor("ses_1");
  const { metadata } = await place.core.createNamespacedPersistentVolumeClaim({
    namespace: place.name,
    body: { metadata: { name }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } },
  });
  await expect(volumes.ensure(spec("ses_1"))).rejects.toThrow("is not of this session");
  await expect(volumes.remove(name, metadata?.uid ?? "")).rejects.toThrow("is not of this session");
  expect(await volumes.find(name)).not.toBeNull();
});

test("does not delete a claim recreated since the inspection, not even one of the same session", async () => {
  await using place = await createTestNamespace();
  const { name, uid } = await open(place).ensure(spec("ses_1"));
  let isReplaced = false;
  const volumes = meddled(place, {
    async deleteClaim() {
      if (isReplaced) return;
      isReplaced = true;
      await open(place).remove(name, uid);
      await open(place).ensure(spec("ses_1"));
    },
  });
  expect(await volumes.remove(name, uid)).toBe("gone");
  expect(await volumes.remove(name, null)).toBe("gone");
  expect(await volumes.find(name)).toMatchObject({ uid: expect.not.stringMatching(uid) });
});

it("a claim in use by a pod stays until the pod is gone, and says so", async () => {
  await using place = await createTestNamespace();
  const volumes = open(place, { goneDeadlineMs: 500 });
  const { name, uid } = await volumes.ensure(spec("ses_1"));
  await useClaim(place.core, { namespace: place.name, claimName: name, podName: "user" });
  expect(await volumes.remove(name, uid)).toBe("going");
  expect(await volumes.find(name)).toMatchObject({ phase: "Terminating" });
  await expect(volumes.ensure(spec("ses_1"))).rejects.toThrow("still being deleted");
  await place.core.deleteNamespacedPod({ namespace: place.name, name: "user", gracePeriodSeconds: 0 });
  await expect.poll(() => volumes.remove(name, uid), { timeout: 20_000 }).toBe("gone");
});

test("lists all of AgentRun's claims page by page with owner and size, and no others", async () => {
  await using place = await createTestNamespace();
  const volumes = open(place);
  const { name } = await volumes.ensure({ ...spec(HOSTILE), tenantId: "acme", sizeBytes: 3 * GIB });
  await place.core.createNamespacedPersistentVolumeClaim({
    namespace: place.name,
    body: {
      metadata: { name: "other", labels: { "app.kubernetes.io/managed-by": "agentrun" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
  });
  const listed = [];
  for await (const page of volumes.list()) listed.push(...page);
  expect(listed).toEqual([
    {
      ...{ name, namespace: place.name, phase: expect.stringMatching(/^(Bound|Pending)$/), requestedBytes: 3 * GIB },
      ...{ uid: expect.stringMatching(/^[0-9a-f-]{36}$/), createdAt: expect.stringMatching(/^20.*Z$/) },
      owner: { sessionId: HOSTILE, tenantId: "acme", projectId: "project" },
    },
  ]);
  expect(await volumes.inspect(name)).toMatchObject({ uid: listed[0]?.uid });
  expect(await volumes.inspect("other")).toBeNull();
  expect(await volumes.inspect("nothing")).toBeNull();
});

test("reports a cluster that does not answer within its deadline", async () => {
  await using place = await createTestNamespace();
  const volumes = open(place, { cluster: new Cluster({ namespace: place.name, kubeconfig: "/nowhere" }) });
  await expect(volumes.find("x")).rejects.toMatchObject({ problem: "unknown", failureKind: "infra-failed" });
});
