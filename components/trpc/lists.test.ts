import { expect, test } from "vitest";
import type { Schedule } from "@/contract/schedule";
import type { TaskState } from "@/contract/words";
import { schedulePollMs } from "./lists";

const NOW_MS = Date.parse("2026-01-01T09:00:00Z");
const at = (ms: number) => new Date(NOW_MS + ms).toISOString();
const firing = (state: TaskState): Schedule["lastFiring"] => ({
  ...{
    scheduleId: "sch_1",
    dueAt: at(0),
    firedAt: at(0),
    outcome: "created",
    isManual: false,
    missed: 0,
    message: null,
    holderTaskId: null,
  },
  task: { id: "qt_1", state, sessionId: null, runId: null, failureKind: null },
});

test("refetches a due or running schedule soon, and others now and then", () => {
  expect(schedulePollMs({ nextAt: at(3_600_000), lastFiring: null }, NOW_MS)).toBe(15_000);
  expect(schedulePollMs({ nextAt: at(8_000), lastFiring: null }, NOW_MS)).toBe(8_000);
  expect(schedulePollMs({ nextAt: at(-1_000), lastFiring: null }, NOW_MS)).toBe(3_000);
  expect(schedulePollMs({ nextAt: null, lastFiring: null }, NOW_MS)).toBe(15_000);
  expect(schedulePollMs({ nextAt: null, lastFiring: firing("running") }, NOW_MS)).toBe(3_000);
  expect(schedulePollMs({ nextAt: null, lastFiring: firing("failed") }, NOW_MS)).toBe(15_000);
});
