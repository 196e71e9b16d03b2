import { defineConfig, mergeConfig } from "vitest/config";
import base from "./vitest.config.ts";

/** Stories through the pods of a real node; building the images takes minutes, so they are a suite of their own. */
export default mergeConfig(
  {
    ...base,
    test: { ...base.test, include: [], globalSetup: [], exclude: ["node_modules/**", "build/**", ".next/**"] },
  },
  defineConfig({
    test: {
      include: ["**/*.pods.test.ts"],
      globalSetup: ["server/test/pods/vitest-setup.ts"],
      testTimeout: 240_000,
      hookTimeout: 900_000,
    },
  }),
);
