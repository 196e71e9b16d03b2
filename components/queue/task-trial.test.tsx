import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { TaskTrial } from "@/contract/queue";
import { TaskTrialNote } from "./task-trial";

const TRIAL: TaskTrial = {
  ...{ outcome: "dispatched", message: "nothing holds it up", taskId: null, blocker: null, rank: 1 },
  ...{ isRankBounded: false, estimatedStartAt: null, asOf: "2026-01-02T03:04:05Z" },
  task: {
    ...{ tenantId: "t", projectId: "p", queue: "default", lane: "fast", priority: 0, backendProfile: "demo" },
    ...{ sessionId: null, concurrencyKey: null },
  },
};
const told = (more: Partial<TaskTrial>) =>
  renderToStaticMarkup(<TaskTrialNote trial={{ ...TRIAL, ...more }} />).replaceAll(/<[^>]*>/g, " ");

test("each outcome is said in words, and that nothing was added", () => {
  for (const [outcome, words] of [
    ["dispatched", "It would start at once"],
    ["waits", "It would wait"],
    ["expires", "It would fail without a start"],
    ["refused", "It would be refused once it is due"],
    ["exists", "Nothing would be added"],
  ] as const) {
    expect(told({ outcome })).toContain(words);
    expect(told({ outcome })).toContain("nothing was added");
  }
  expect(told({ rank: 3 })).toContain("3rd of fast");
});

test("a wait is told as that of a task is: for what, in which place, until when", () => {
  const blocker = { kind: "lane-limit", message: "", until: null, limit: 2, holders: [] } as const;
  const html = told({ outcome: "waits", rank: 4, blocker: { ...blocker, holders: [] } });
  expect(html).toContain("Lane fast runs 2 at once");
  expect(html).toMatch(/4th\s+of fast/);
  expect(html).toContain("nobody can say yet");
});

test("the task that a key has made before is linked", () => {
  expect(renderToStaticMarkup(<TaskTrialNote trial={{ ...TRIAL, outcome: "exists", taskId: "qt_1" }} />)).toContain(
    'href="/queue/qt_1"',
  );
});
