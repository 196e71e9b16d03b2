import { defineConfig, mergeConfig } from "vitest/config";
import cluster from "./vitest.cluster.config.ts";

const HOUR_MS = 3_600_000;

/** The tests of storage and queue under faults alone, which scripts/test-faults.mjs lets try much and take long. */
export default mergeConfig(
  { ...cluster, test: { ...cluster.test, include: [] } },
  defineConfig({
    test: {
      include: [
        "server/test/faults/*.cluster.test.ts",
        "server/test/cluster/*.cluster.test.ts",
        "server/dispatcher/storm.test.ts",
        "server/schedules/storm.test.ts",
        "server/webhooks/storm.test.ts",
      ],
      testTimeout: 6 * HOUR_MS,
    },
  }),
);
