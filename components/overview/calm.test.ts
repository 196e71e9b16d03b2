import { expect, test } from "vitest";
import type { Overview } from "@/contract/overview";
import { isCalm } from "./calm";

const quiet = {
  ...{ needs: [], approvals: 0, runs: { claimed: 0, pending: 0, failedToday: 3 } },
  ...{ queue: { waiting: 0, running: 0 } },
} as unknown as Overview;

test("an overview is calm only when nothing runs and nobody is asked", () => {
  expect(isCalm(quiet, 0)).toBe(true);
  expect(isCalm(quiet, 1)).toBe(false);
  expect(isCalm(quiet, undefined)).toBe(false);
  expect(isCalm({ ...quiet, runs: { ...quiet.runs, claimed: 12 } }, 0)).toBe(false);
  expect(isCalm({ ...quiet, runs: { ...quiet.runs, pending: 1 } }, 0)).toBe(false);
  expect(isCalm({ ...quiet, approvals: 1 }, 0)).toBe(false);
  expect(isCalm({ ...quiet, needs: [{ kind: "gc-stopped" } as Overview["needs"][number]] }, 0)).toBe(false);
});
