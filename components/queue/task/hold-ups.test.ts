import { expect, test } from "vitest";
import type { GraphTask } from "@/contract/queue-graph";
import { countGraphStates, graphStateOf, holdUpsOf, waitOf } from "./hold-ups";

const at = "2026-01-01T00:00:00.000Z";
type Blocked = NonNullable<GraphTask["blocker"]>;

function taskOf(taskId: string, state: GraphTask["state"], more: Partial<GraphTask> = {}): GraphTask {
  return {
    ...{ taskId, state, title: taskId, queue: "q", lane: "l", backendProfile: "codex", sessionId: null },
    ...{ concurrencyKey: null, attemptCount: 0, failureKind: null, deadLetter: null, nextAttemptAt: null },
    ...{ parkedAt: null, cancelRequestedAt: null, createdAt: at, startedAt: null, endedAt: null, blocker: null },
    ...{ layer: 0, dependsOn: [], onDependencyFailed: null, moreBefore: 0, moreAfter: 0, ...more },
  };
}

const waiting = (
  taskId: string,
  kind: Blocked["kind"],
  dependsOn: string[] = [],
  dependencyCount: number | null = null,
) =>
  taskOf(taskId, "pending", {
    dependsOn,
    blocker: { kind, message: kind, until: null, limit: null, dependencyCount },
  });

const summarize = (tasks: GraphTask[]) => holdUpsOf(tasks).map(({ task, kind, behind }) => [task.taskId, kind, behind]);

test("lists failures with everything waiting behind them, the most blocking first", () => {
  const tasks = [
    taskOf("failed", "failed"),
    taskOf("cancelled", "cancelled"),
    taskOf("runs", "running"),
    waiting("one", "dependency-failed", ["failed", "runs"], 1),
    waiting("two", "dependency", ["one"], 1),
    waiting("three", "dependency", ["one", "two"], 2),
    waiting("other", "dependency-failed", ["cancelled"], 1),
    taskOf("went on", "completed", { dependsOn: ["failed"] }),
    taskOf("given up", "cancelled", { dependsOn: ["two"] }),
  ];
  expect(summarize(tasks)).toEqual([
    ["failed", "ended", 3],
    ["cancelled", "ended", 1],
  ]);
});

test("lists what only a person can release, also when its dependency is not shown", () => {
  const tasks = [
    waiting("paused", "paused"),
    waiting("held", "dependency-failed", [], 1),
    waiting("later", "dependency", ["paused"], 1),
    waiting("full", "lane-limit"),
  ];
  expect(summarize(tasks)).toEqual([
    ["paused", "held", 1],
    ["held", "held", 0],
  ]);
});

test("shows what comes next when nothing runs, and nothing while something runs", () => {
  const tasks = [waiting("next", "lane-limit"), waiting("later", "dependency", ["next"], 1)];
  expect(summarize(tasks)).toEqual([["next", "next", 1]]);
  expect(summarize([...tasks, taskOf("runs", "running")])).toEqual([]);
  expect(summarize([taskOf("done", "completed"), taskOf("failed", "failed")])).toEqual([]);
});

test("highlights a task that needs a person, and counts states", () => {
  expect(graphStateOf(waiting("a", "dependency-failed")).word).toBe("Blocked");
  expect(graphStateOf(waiting("a", "paused")).word).toBe("Paused");
  expect(graphStateOf(waiting("a", "dependency")).word).toBe("Waiting");
  expect(graphStateOf({ ...waiting("a", "parked"), parkedAt: at }).word).toBe("Parked");
  const tasks = [
    taskOf("f", "failed"),
    waiting("a", "dependency-failed"),
    waiting("b", "next"),
    taskOf("c", "completed"),
  ];
  expect(countGraphStates([...tasks, taskOf("d", "completed")]).map(({ word, count }) => `${count} ${word}`)).toEqual([
    ...["2 Completed", "1 Waiting", "1 Blocked", "1 Failed"],
  ]);
});

test("describes a wait for the shown tasks that are not Completed", () => {
  const before = [taskOf("done", "completed"), taskOf("lost", "failed")];
  const byId = new Map(before.map((task) => [task.taskId, task]));
  const wait = waitOf(waiting("a", "dependency-failed", ["done", "lost", "not shown"], 2), byId);
  expect([wait?.dependencies?.count, wait?.dependencies?.tasks.map(({ taskId }) => taskId)]).toEqual([2, ["lost"]]);
  expect(waitOf(waiting("a", "paused"), byId)).not.toHaveProperty("dependencies");
  expect(waitOf(taskOf("a", "running"), byId)).toBeNull();
});
