import { expect, test } from "vitest";
import type { Cluster, Pod } from "@/server/kubernetes";
import { readRemains } from "./inspect";

const ENDED: Pod = {
  metadata: { name: "pod-1" },
  status: {
    containerStatuses: [
      {
        ...{ name: "runner", image: "i", imageID: "i", ready: false, restartCount: 0 },
        state: { terminated: { exitCode: 0, reason: "Completed" } },
      },
    ],
  },
};

/** Makes a cluster that knows one pod and answers requests for its log as given. */
function clusterOf(readLog: () => Promise<string>): Cluster {
  const known: Partial<Cluster> = {
    readJob: async () => ({ metadata: { name: "job-1" } }),
    listPods: async () => [ENDED],
    listEvents: async () => [],
    readLog,
  };
  return known as Cluster;
}

test("requests a log again when the node refuses it at first", async () => {
  let asked = 0;
  const cluster = clusterOf(async () => {
    asked += 1;
    if (asked < 3) throw new Error("the node is busy");
    return "2026-01-01T00:00:00Z the end\n";
  });
  const remains = await readRemains(cluster, "att_1", 10_000);
  expect(remains?.details.faults).toEqual([]);
  expect(remains?.logs).toMatchObject([{ container: "runner", lines: [{ text: "the end" }] }]);
});

test("reports a log that cannot be read, and keeps everything else", async () => {
  const late = await readRemains(
    clusterOf(() => new Promise(() => {})),
    "att_1",
    10,
  );
  expect(late).toMatchObject({ logs: [], details: { pod: { name: "pod-1" } } });
  expect(late?.details.faults).toEqual(["the log of container runner could not be read in time"]);
  const refusing = clusterOf(() => Promise.reject(new Error("no such node")));
  expect((await readRemains(refusing, "att_1", 10_000))?.details.faults).toEqual(["no such node"]);
});
