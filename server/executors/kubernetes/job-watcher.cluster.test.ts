import { expect } from "vitest";
import { startApiProxy } from "@/server/test/cluster/api-proxy";
import { it } from "@/server/test/cluster/controllers";
import { makeLaunchSpec, openExecutor } from "@/server/test/cluster/executor";
import { createTestNamespace } from "@/server/test/cluster/namespace";
import { ended, setPodStatus, waitForPod } from "@/server/test/cluster/pods";

/** So long that everything reported comes from the watch. */
const NEVER_MS = 3_600_000;
const FAILED = {
  phase: "Failed",
  containerStatuses: ended({ exitCode: 1, reason: "Error", message: "its last words" }),
};
const waiting = { reason: "ImagePullBackOff", message: "no such image" };
const STUCK = {
  containerStatuses: [{ name: "runner", image: "i", imageID: "", ready: false, restartCount: 0, state: { waiting } }],
};

it.each([
  ["ended", FAILED, "its last words"],
  ["cannot start", STUCK, "no such image"],
])("the watch alone reports within seconds a pod that %s", async (_what, status, words) => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place, { relistMs: NEVER_MS });
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await setPodStatus(place, name, status);
  await expect.poll(() => opened.exits, { timeout: 5_000, interval: 20 }).toHaveLength(1);
  expect(opened.exits[0]).toMatchObject({ attemptId: spec.attemptId, message: expect.stringContaining(words) });
  await expect.poll(() => place.cluster.listPods(""), { timeout: 20_000 }).toEqual([]);
  expect(opened.errors).toEqual([]);
});

it("changes during a cut connection to the API server are reported once after it returns", async () => {
  await using place = await createTestNamespace();
  await using proxy = await startApiProxy(place);
  await using opened = openExecutor(place, { cluster: proxy.cluster, relistMs: NEVER_MS });
  const specs = [makeLaunchSpec(), makeLaunchSpec()];
  for (const spec of specs) await opened.executor.launch(spec);
  const [first = "", second = ""] = await Promise.all(
    specs.map(async (spec) => (await waitForPod(place, spec.attemptId)).name),
  );
  await setPodStatus(place, first, FAILED);
  await expect.poll(() => opened.exits, { timeout: 10_000 }).toHaveLength(1);

  proxy.cut();
  await setPodStatus(place, second, FAILED);
  await expect.poll(() => opened.errors.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(opened.exits).toHaveLength(1);
  proxy.restore();
  await expect.poll(() => opened.exits, { timeout: 40_000 }).toHaveLength(2);
  expect(new Set(opened.exits.map(({ attemptId }) => attemptId))).toEqual(new Set(specs.map((spec) => spec.attemptId)));
});

/** What the server sends when it no longer knows a watch's place. A small cluster never does so by itself. */
const EXPIRED = {
  type: "ERROR",
  object: {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: "too old resource version: 1 (2)",
    reason: "Expired",
    code: 410,
  },
};

it("a watch with an expired resource version starts anew with a full list", async () => {
  await using place = await createTestNamespace();
  let forgotten = 0;
  const isForgotten = (call: string) => call.includes("watch=true") && forgotten++ < 2;
  await using proxy = await startApiProxy(place, {
    answer: (call) => (isForgotten(call) ? `${JSON.stringify(EXPIRED)}\n` : null),
  });
  await using opened = openExecutor(place, { cluster: proxy.cluster, relistMs: NEVER_MS });
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await expect.poll(() => forgotten, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
  await setPodStatus(place, name, FAILED);
  await expect.poll(() => opened.exits, { timeout: 20_000 }).toHaveLength(1);
  expect(opened.errors).toEqual([]);
});

it("an end that could not be recorded is reported again, and its Job stays until then", async () => {
  await using place = await createTestNamespace();
  await using opened = openExecutor(place, { relistMs: 200 });
  let isDown = true;
  opened.executor.onExit(() => (isDown ? Promise.reject(new Error("no database")) : undefined));
  const spec = makeLaunchSpec();
  await opened.executor.launch(spec);
  const { name } = await waitForPod(place, spec.attemptId);
  await setPodStatus(place, name, FAILED);
  await expect.poll(() => opened.exits.length, { timeout: 10_000 }).toBeGreaterThan(1);
  expect(await opened.executor.observe(spec.attemptId)).toBe("gone");
  expect(await place.cluster.listPods("")).toHaveLength(1);
  isDown = false;
  await expect.poll(() => place.cluster.listPods(""), { timeout: 20_000 }).toEqual([]);
});
