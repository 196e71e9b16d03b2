import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Tests against a real cluster and a real bucket, which scripts/test-cluster.mjs brings up. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: ["node_modules/**", "build/**", ".next/**"] } },
  defineConfig({
    test: {
      include: ["**/*.cluster.test.ts"],
      globalSetup: ["server/test/cluster/vitest-setup.ts"],
      testTimeout: 300_000,
    },
  }),
);
