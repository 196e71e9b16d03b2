import { expect } from "vitest";
import type { AttemptRemains } from "@/server/executors/executor";
import { toJobName } from "@/server/executors/executor";
import { it } from "@/server/test/cluster/controllers";
import { makeLaunchSpec, openExecutor } from "@/server/test/cluster/executor";
import { createTestNamespace } from "@/server/test/cluster/namespace";
import { bindToLostNode, ended, lostNodeName, setPodStatus, waitForPod } from "@/server/test/cluster/pods";

const ASK = { container: null, tailLines: 10 };

// The API server, its controllers and its scheduler are real. There is no node; the tests play it.
it("reports an attempt's Job, pod, containers and events with the cluster's messages", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const { executor } = opened;
  const spec = makeLaunchSpec();
  expect(await executor.inspect(spec.attemptId)).toBeNull();
  expect(await executor.readLog(spec.attemptId, ASK)).toBeNull();
  await executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await expect
    .poll(async () => (await executor.inspect(spec.attemptId))?.events.map(({ of, reason }) => `${of} ${reason}`), {
      timeout: 15_000,
    })
    .toEqual(expect.arrayContaining(["Job SuccessfulCreate", "Pod FailedScheduling"]));
  // The scheduler reports it as an event and in the pod, in either order.
  await expect
    .poll(async () => (await executor.inspect(spec.attemptId))?.pod?.conditions)
    .toContainEqual(expect.objectContaining({ type: "PodScheduled", status: "False", reason: "Unschedulable" }));
  const details = await executor.inspect(spec.attemptId);
  expect(details).toMatchObject({
    job: { name: toJobName(spec.attemptId), namespace: place.name, isBeingDeleted: false, deadlineSeconds: 3_600 },
    pod: { name, phase: "Pending", node: null },
    process: null,
    faults: [],
  });
  // No node has reported a container yet, but those that the pod should have are listed.
  expect(details?.pod?.containers).toMatchObject([
    { name: "prepare", state: "unknown", exitCode: null },
    { name: "runner", state: "unknown" },
  ]);
  const scheduling = details?.events.find(({ reason }) => reason === "FailedScheduling");
  expect(scheduling).toMatchObject({ type: "Warning", count: 1, message: expect.stringContaining("node") });
  expect(Date.parse(scheduling?.lastAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
  expect(await executor.readLog(spec.attemptId, ASK)).toMatchObject({
    container: "prepare",
    lines: [],
    note: "The container prepare has not started: Pending",
  });

  // None of the reasons for which the executor gives up an attempt by itself.
  await setPodStatus(place, name, {
    initContainerStatuses: [
      {
        ...{ name: "prepare", image: "i", imageID: "i", ready: false, restartCount: 3 },
        state: { waiting: { reason: "ContainerCreating", message: "the volume is being attached" } },
      },
    ],
  });
  expect((await executor.inspect(spec.attemptId))?.pod?.containers[0]).toMatchObject({
    ...{
      name: "prepare",
      state: "waiting",
      reason: "ContainerCreating",
      restarts: 3,
      message: "the volume is being attached",
    },
  });
  expect((await executor.readLog(spec.attemptId, ASK))?.note).toContain(
    "ContainerCreating: the volume is being attached",
  );
});

it("reports an ended attempt's remains once, and deletes its Job after that", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const { executor, exits } = opened;
  const told: AttemptRemains[] = [];
  const isJobThere: boolean[] = [];
  const spec = makeLaunchSpec();
  executor.onRemains(async (remains) => {
    isJobThere.push((await place.cluster.readJob(toJobName(spec.attemptId))).metadata?.deletionTimestamp === undefined);
    told.push(remains);
  });
  await executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await bindToLostNode(place, name);
  await setPodStatus(place, name, {
    phase: "Failed",
    containerStatuses: ended({ exitCode: 137, reason: "OOMKilled", message: "the end" }),
  });
  await expect.poll(() => told, { timeout: 15_000 }).toHaveLength(1);
  expect(isJobThere).toEqual([true]);
  expect(exits).toMatchObject([{ attemptId: spec.attemptId, code: 137 }]);
  const [remains] = told;
  const pod = { node: lostNodeName(place) };
  expect(remains).toMatchObject({ attemptId: spec.attemptId, logs: [], details: { pod } });
  expect(remains?.details.pod?.containers[1]).toMatchObject({
    state: "terminated",
    reason: "OOMKilled",
    exitCode: 137,
  });
  // The node does not exist, so its log cannot be read. That is reported, and stops nothing else.
  expect(remains?.details.faults).toEqual([expect.stringContaining(`read the log of Pod ${name}`)]);
  await expect.poll(() => executor.inspect(spec.attemptId), { timeout: 15_000 }).toBeNull();
  expect(told).toHaveLength(1);
});

it("inspects an attempt that is being ended before deleting it", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place);
  const { executor } = opened;
  const told: AttemptRemains[] = [];
  executor.onRemains((remains) => told.push(remains));
  const spec = makeLaunchSpec();
  await executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  expect(await executor.end(spec.attemptId)).toBe("gone");
  expect(told).toMatchObject([{ details: { job: { isBeingDeleted: false }, pod: { name } }, logs: [] }]);
});
