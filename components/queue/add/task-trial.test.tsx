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
const rendered = (more: Partial<TaskTrial>) =>
  renderToStaticMarkup(<TaskTrialNote trial={{ ...TRIAL, ...more }} />).replaceAll(/<[^>]*>/g, " ");

test("describes each outcome, and that nothing was added", () => {
  for (const [outcome, words] of [
    ["dispatched", "Starts now"],
    ["waits", "Waits"],
    ["expires", "Expires before it starts"],
    ["refused", "Refused when due"],
    ["exists", "Already exists"],
  ] as const) {
    expect(rendered({ outcome })).toContain(words);
    expect(rendered({ outcome })).toContain("nothing added yet");
  }
  expect(rendered({ rank: 3 })).toContain("3rd in fast");
});

test("describes a wait like a task's: for what, at which position, until when", () => {
  const blocker = { kind: "lane-limit", message: "", until: null, limit: 2, holders: [] } as const;
  const html = rendered({ outcome: "waits", rank: 4, blocker: { ...blocker, holders: [] } });
  expect(html).toContain("Lane fast is at its limit (2)");
  expect(html).toMatch(/4th\s+in fast/);
  expect(html).toContain("not known");
});

test("links the task that the key already made", () => {
  expect(renderToStaticMarkup(<TaskTrialNote trial={{ ...TRIAL, outcome: "exists", taskId: "qt_1" }} />)).toContain(
    'href="/queue/qt_1"',
  );
});
