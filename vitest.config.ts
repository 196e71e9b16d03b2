import path from "node:path";
import { defineConfig } from "vitest/config";

/** What tests of every kind run by. */
export const common = defineConfig({
  resolve: { alias: { "@": path.resolve(import.meta.dirname) } },
  // Node 20 has no `using` of its own.
  oxc: { target: "node20" },
  test: {
    pool: "forks",
    // Much of what is waited for is another process or a clock: a third keeps two cores at work.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A wait ends by its condition; on a busy machine a second is none.
    expect: { poll: { timeout: 20_000 } },
  },
});

const ELSEWHERE = [
  "**/*.cluster.test.ts",
  "node_modules/**",
  "test-results/**",
  "build/**",
  ".next/**",
  "e2e/**",
  ".agentrun/**",
];

/** Tests of the code of pages, which keeps nothing between them: loading its modules takes longer than most of them. */
const PAGES = ["components/**/*.test.{ts,tsx}", "contract/**/*.test.ts"];
/** Those that replace modules or clocks for all of their process. */
const REPLACING = [
  "components/shell/address-adapter.test.tsx",
  "components/shell/shortcuts.test.ts",
  "components/trpc/fetch-from-server.test.ts",
];

export default defineConfig({
  ...common,
  test: {
    ...common.test,
    projects: [
      {
        extends: true,
        test: {
          name: "programs",
          include: ["{bench,cli,db,demo,deploy,runner,scripts,server,supervisor,volume}/**/*.test.ts", ...REPLACING],
          exclude: ELSEWHERE,
          globalSetup: ["db/test/vitest-setup.ts"],
        },
      },
      {
        extends: true,
        test: { name: "pages", include: PAGES, exclude: [...ELSEWHERE, ...REPLACING], isolate: false },
      },
    ],
  },
});
