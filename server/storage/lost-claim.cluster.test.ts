import { expect } from "vitest";
import { it } from "@/server/test/cluster/controllers";
import { useClaim } from "@/server/test/cluster/pods";
import { openContext } from "@/server/test/faults/context";
import { makeUsed } from "@/server/test/faults/subjects";
import { createFaultWorld } from "@/server/test/faults/world";
import { prepareVolume } from ".";

it("a claim deleted while a pod holds it serves no new run, and is restored once gone", async () => {
  await using world = await createFaultWorld({ bindsClaims: false });
  await using ctx = openContext(world.setup);
  const subject = { sessionId: "ses_1", tenantId: "default" };
  await makeUsed(world.setup, ctx, subject);
  const { namespace } = world.setup;
  const name = ctx.volumes.nameFor(subject.sessionId);
  const before = await ctx.volumes.find(name);
  await useClaim(world.person, { namespace, claimName: name, podName: "holder" });
  await world.person.deleteNamespacedPersistentVolumeClaim({ name, namespace });
  expect(await ctx.volumes.find(name)).toMatchObject({ phase: "Terminating" });
  await expect(prepareVolume(ctx, subject.sessionId)).rejects.toThrow("still being deleted");
  await world.person.deleteNamespacedPod({ name: "holder", namespace, gracePeriodSeconds: 0 });
  await expect.poll(() => ctx.volumes.find(name), { timeout: 20_000 }).toBeNull();
  expect(await prepareVolume(ctx, subject.sessionId)).toMatchObject({ session: { storageState: "restoring" } });
  expect((await ctx.volumes.find(name))?.uid).not.toBe(before?.uid);
});
