import path from "node:path";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": path.resolve(import.meta.dirname) } },
  // Node 20 has no `using` of its own.
  oxc: { target: "node20" },
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: [
      "**/*.cluster.test.ts",
      "node_modules/**",
      "test-results/**",
      "build/**",
      ".next/**",
      "e2e/**",
      ".agentrun/**",
    ],
    globalSetup: ["db/test/vitest-setup.ts"],
    pool: "forks",
    // Much of what is waited for is another process or a clock: a third keeps two cores at work.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A wait ends by its condition; on a busy machine a second is none.
    expect: { poll: { timeout: 20_000 } },
  },
});
