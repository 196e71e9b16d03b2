import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { createSession } from "@/server/sessions";
import { it } from "@/server/test/cluster/controllers";
import { createTestNamespace, type TestNamespace } from "@/server/test/cluster/namespace";
import { useClaim } from "@/server/test/cluster/pods";
import { createKubernetesVolumes } from "@/server/volumes/kubernetes";
import { adoptVolume, deleteVolume, getStorage, listOrphans } from ".";
import { createTestStore, type TestStore } from "./test/context";

function claimsOf(place: TestNamespace, store: TestStore): ServiceContext {
  const policy = { accessMode: "ReadWriteOncePod", defaultSizeBytes: 1024 ** 3 } as const;
  return { ...store.as(), volumes: createKubernetesVolumes({ cluster: place.cluster, policy, goneDeadlineMs: 500 }) };
}

it("finds a claim without a session, and deletes it together with the pod that uses it", async () => {
  await using place = await createTestNamespace();
  await using store = await createTestStore();
  const ctx = claimsOf(place, store);
  const kept = await createSession(ctx, { backendProfile: "codex" });
  const { sessionId } = await createSession(ctx, { backendProfile: "codex", tenantId: "acme" });
  const name = ctx.volumes.nameFor(sessionId);
  await useClaim(place.core, { namespace: place.name, claimName: name, podName: "user" });
  expect((await listOrphans(ctx)).items).toEqual([]);
  await ctx.db.delete(sessions).where(eq(sessions.sessionId, sessionId));
  const { items, provider } = await listOrphans(ctx);
  expect(provider).toBe("kubernetes");
  expect(items).toMatchObject([{ name, sessionId, tenantId: "acme", requestedBytes: 1024 ** 3 }]);
  const order = { name, uid: items[0]?.uid ?? "", confirmName: name };
  expect(await deleteVolume(ctx, order)).toMatchObject({ deleted: "going" });
  await expect(adoptVolume(ctx, { ...order, backendProfile: "codex" })).rejects.toMatchObject({
    reason: "volume-going",
  });
  await place.core.deleteNamespacedPod({ namespace: place.name, name: "user", gracePeriodSeconds: 0 });
  await expect.poll(() => ctx.volumes.inspect(name), { timeout: 20_000 }).toBeNull();
  expect(await getStorage(ctx, kept)).toMatchObject({ storageState: "live" });
});

test("adopts a claim without a session by its own annotations", async () => {
  await using place = await createTestNamespace();
  await using store = await createTestStore();
  const ctx = claimsOf(place, store);
  const { sessionId } = await createSession(ctx, { backendProfile: "codex", tenantId: "acme", projectId: "rockets" });
  await ctx.db.delete(sessions).where(eq(sessions.sessionId, sessionId));
  const [orphan] = (await listOrphans(ctx)).items;
  const { name = "", uid = "" } = orphan ?? {};
  const adopted = await adoptVolume(ctx, { name, uid, backendProfile: "codex" });
  expect(adopted).toMatchObject({ sessionId, tenantId: "acme", projectId: "rockets", storagePvcName: name });
  expect((await listOrphans(ctx)).items).toEqual([]);
});
