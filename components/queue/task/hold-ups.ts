import type { Dependency } from "@/contract/queue";
import type { GraphTask } from "@/contract/queue-graph";
import { type blockerWords, needsPerson, type TaskWords, wordsOf } from "./explain";

/** What keeps others from going on, and how many wait behind it. `next`: nothing is under way, and it comes next. */
export type HoldUp = { task: GraphTask; kind: "ended" | "held" | "next"; behind: number };

/** What a person has to see to before all can go on, the one that most wait behind first; else what comes next. */
export function holdUpsOf(tasks: readonly GraphTask[]): HoldUp[] {
  const byId = new Map(tasks.map((task) => [task.taskId, task]));
  const after = dependentsOf(tasks);
  const isPending = (id: string) => byId.get(id)?.state === "pending";
  const countReachable = (from: readonly string[]) => {
    const reachable = new Set(from.filter(isPending));
    for (const id of reachable) for (const other of after.get(id) ?? []) if (isPending(other)) reachable.add(other);
    return reachable.size;
  };
  const blockedDependents = (id: string) =>
    (after.get(id) ?? []).filter((other) => isBlockedByFailure(byId.get(other)));
  const ended = tasks.flatMap((task): HoldUp[] => {
    const stuckIds = hasFailed(task) ? blockedDependents(task.taskId) : [];
    return stuckIds.length === 0 ? [] : [{ task, kind: "ended", behind: countReachable(stuckIds) }];
  });
  const heldIds = new Set(ended.flatMap(({ task }) => blockedDependents(task.taskId)));
  const waitingTasks = tasks.filter(({ taskId, blocker }) => blocker !== null && !heldIds.has(taskId));
  const holdUpsFor = (kind: "held" | "next", candidates: readonly GraphTask[]) =>
    candidates.map((task): HoldUp => ({ task, kind, behind: countReachable(after.get(task.taskId) ?? []) }));
  const needed = [
    ...ended,
    ...holdUpsFor(
      "held",
      waitingTasks.filter(({ blocker }) => blocker !== null && needsPerson(blocker)),
    ),
  ];
  const isActive = tasks.some(({ state }) => state === "dispatched" || state === "running");
  const next = isActive ? [] : waitingTasks.filter(({ blocker }) => blocker?.kind !== "dependency");
  const all = needed.length > 0 ? needed : holdUpsFor("next", next);
  return all.sort((a, b) => b.behind - a.behind);
}

function dependentsOf(tasks: readonly GraphTask[]): Map<string, string[]> {
  const after = new Map<string, string[]>(tasks.map(({ taskId }) => [taskId, []]));
  for (const { taskId, dependsOn } of tasks) for (const other of dependsOn) after.get(other)?.push(taskId);
  return after;
}

/** Whether it waits for a person because of what it comes after. */
function isBlockedByFailure(task: GraphTask | undefined): boolean {
  return task?.blocker?.kind === "dependency-failed";
}

export function hasFailed({ state }: Pick<GraphTask, "state">): boolean {
  return state === "failed" || state === "cancelled";
}

/** A task's state in a picture of many, where those that only a person lets go on stand out. */
export function graphStateOf(task: GraphTask): TaskWords {
  const words = wordsOf(task);
  if (task.blocker === null || words.state === "parked" || !needsPerson(task.blocker)) return words;
  return { state: "paused", word: task.blocker.kind === "paused" ? "Paused" : "Blocked" };
}

/** What a task waits for, as `blockerWords` takes it; null: it does not wait. */
export function waitOf(
  { blocker, dependsOn }: GraphTask,
  byId: ReadonlyMap<string, GraphTask>,
): Parameters<typeof blockerWords>[0] | null {
  if (blocker === null) return null;
  const { dependencyCount: count, ...rest } = blocker;
  if (count === null) return rest;
  const tasks = dependsOn.flatMap((id): Dependency[] => {
    const other = byId.get(id);
    return other === undefined || other.state === "completed" ? [] : [other];
  });
  return { ...rest, dependencies: { count, tasks } };
}

/** How many there are of each state, those that are done first. */
export function countGraphStates(tasks: readonly GraphTask[]): (TaskWords & { count: number })[] {
  const counts = new Map<string, TaskWords & { count: number }>();
  for (const task of tasks) {
    const words = graphStateOf(task);
    counts.set(words.word, { ...words, count: (counts.get(words.word)?.count ?? 0) + 1 });
  }
  const rank = ({ word }: TaskWords) => (ORDER.includes(word) ? ORDER.indexOf(word) : ORDER.length);
  return [...counts.values()].sort((a, b) => rank(a) - rank(b));
}
const ORDER = [
  ...["Completed", "Running", "Starting", "Cancelling", "Retrying", "Waiting", "Parked", "Paused", "Blocked"],
];
