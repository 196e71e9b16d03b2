import path from "node:path";
import { defineConfig, mergeConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { common } from "./vitest.config.ts";

/** Short files that take minutes, the longest first. */
const LONGEST = ["kills", "runner-faults", "races"];

/** Begins what takes longest: as the last of all it would be waited for alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.indexOf(path.basename(moduleId, ".cluster.test.ts"));
      return place === -1 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((left, right) => placeOf(left) - placeOf(right));
  }
}

/** Tests against a real cluster and a real bucket, which scripts/test-cluster.mjs brings up. */
export default mergeConfig(
  common,
  defineConfig({
    test: {
      include: ["**/*.cluster.test.ts"],
      exclude: ["node_modules/**", "build/**", ".next/**"],
      globalSetup: ["server/test/cluster/vitest-setup.ts"],
      testTimeout: 300_000,
      sequence: { sequencer: LongestFirst },
    },
  }),
);
