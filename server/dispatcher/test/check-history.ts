import { ALL_TENANTS, WHOLE_QUEUE } from "@/contract/queue-control";
import type { ControlEntry, DependencyEntry, Entry, Finding, TaskEntry } from "./history";

const isActive = (state: string | null) => state === "dispatched" || state === "running";
const isTerminal = (state: string | null) => state === "completed" || state === "failed" || state === "cancelled";
const placeOf = (...names: string[]) => JSON.stringify(names);

/**
 * Finds what breaks the queue's promises in a history. At every start, limits are compared with the tasks that have
 * started and not ended. Lowering a limit ends no running task.
 */
export function checkHistory(entries: Entry[]): Finding[] {
  const findings: Finding[] = [];
  const controls = new Map<string, ControlEntry>();
  const active = new Map<string, TaskEntry>();
  const states = new Map<string, TaskEntry>();
  const starts: TaskEntry[] = [];
  const order = new TaskOrder();
  for (const entry of entries) {
    if (entry.kind === "control") {
      controls.set(placeOf(entry.tenant, entry.queue, entry.lane), entry);
      continue;
    }
    if (entry.kind === "dependency") {
      order.change(entry);
      continue;
    }
    const find = (rule: string, what: string) => findings.push({ seq: entry.seq, rule, what: `${entry.id}: ${what}` });
    const known = states.get(entry.id);
    if ((known?.after ?? null) !== entry.before) find("history", `was ${known?.after}, and says ${entry.before}`);
    if (isTerminal(entry.before) && entry.after !== "pending" && entry.after !== entry.before)
      find("final", `${entry.before} became ${entry.after}`);
    if (isActive(entry.after) && !isActive(entry.before)) {
      if (entry.before !== "pending") find("start", `started from ${entry.before}`);
      if (entry.attempts !== (known?.attempts ?? 0) + 1)
        find("attempt", `attempt ${entry.attempts} after ${known?.attempts}`);
      for (const [rule, what] of overfull(entry, [...active.values()], controls)) find(rule, what);
      starts.push(entry);
      for (const what of tooFast(entry, starts, controls)) find("rate", what);
      for (const what of order.tooEarly(entry)) find("dependency", what);
    }
    if (isActive(entry.after)) active.set(entry.id, entry);
    else active.delete(entry.id);
    order.move(entry);
    states.set(entry.id, entry);
  }
  return findings;
}

/** Which task depends on which, and when and how each task ended. */
class TaskOrder {
  readonly #dependencies = new Map<string, Map<string, DependencyEntry>>();
  /** Since when each task waits: since it was added, or retried after its end. */
  readonly #since = new Map<string, number>();
  readonly #states = new Map<string, TaskEntry["after"]>();
  /** Until when each task was last completed, or last ended in any way; infinite if it still is. */
  readonly #completedTo = new Map<string, number>();
  readonly #endedTo = new Map<string, number>();

  change(entry: DependencyEntry): void {
    const known = this.#dependencies.get(entry.id) ?? new Map<string, DependencyEntry>();
    if (entry.isGone) known.delete(entry.dependsOn);
    else known.set(entry.dependsOn, entry);
    this.#dependencies.set(entry.id, known);
  }

  move({ id, before, after, seq }: TaskEntry): void {
    if (before === null || (isTerminal(before) && after === "pending")) this.#since.set(id, seq);
    if (this.#states.get(id) === "completed" && after !== "completed") this.#completedTo.set(id, seq);
    if (isTerminal(before) && !isTerminal(after)) this.#endedTo.set(id, seq);
    if (after === "completed") this.#completedTo.set(id, Number.POSITIVE_INFINITY);
    if (isTerminal(after)) this.#endedTo.set(id, Number.POSITIVE_INFINITY);
    this.#states.set(id, after);
  }

  /** Returns the dependencies that have at no time ended as required, since the task began to wait. */
  tooEarly({ id }: TaskEntry): string[] {
    const since = this.#since.get(id) ?? 0;
    return [...(this.#dependencies.get(id)?.values() ?? [])].flatMap(({ dependsOn, onFailed }) => {
      const endedTo = (onFailed === "start" ? this.#endedTo : this.#completedTo).get(dependsOn) ?? 0;
      return endedTo > since ? [] : [`started before ${dependsOn} had ended, which is ${this.#states.get(dependsOn)}`];
    });
  }
}

/** Returns the limits that a start exceeds, given the tasks that are active already. */
function overfull(task: TaskEntry, active: TaskEntry[], controls: Map<string, ControlEntry>): [string, string][] {
  const broken: [string, string][] = [];
  const inQueue = active.filter((other) => other.queue === task.queue);
  for (const tenant of [ALL_TENANTS, task.tenant]) {
    const owned = inQueue.filter((other) => tenant === ALL_TENANTS || other.tenant === tenant);
    for (const lane of [WHOLE_QUEUE, task.lane]) {
      const control = controls.get(placeOf(tenant, task.queue, lane));
      if (!control) continue;
      const inPlace = lane === WHOLE_QUEUE ? owned : owned.filter((other) => other.lane === lane);
      if (control.state === "paused") broken.push(["paused", `${tenant}/${task.queue}/${lane} is paused`]);
      if (control.maxRunning !== null && inPlace.length >= control.maxRunning)
        broken.push(["limit", `${tenant}/${task.queue}/${lane} runs ${inPlace.length} of ${control.maxRunning}`]);
    }
  }
  const keyMax =
    controls.get(placeOf(task.tenant, task.queue, WHOLE_QUEUE))?.keyMaxRunning ??
    controls.get(placeOf(ALL_TENANTS, task.queue, WHOLE_QUEUE))?.keyMaxRunning ??
    1;
  const sameKey = inQueue.filter((other) => other.tenant === task.tenant && other.key === task.key);
  if (task.key !== null && sameKey.length >= keyMax) broken.push(["key", `${sameKey.length} of ${keyMax} run`]);
  if (task.session !== null && active.some((other) => other.session === task.session))
    broken.push(["session", `${task.session} has a turn`]);
  return broken;
}

/**
 * Returns the rates that a start exceeds, given all earlier starts: a rate applies to every window that ends with a
 * start.
 */
function tooFast(task: TaskEntry, starts: TaskEntry[], controls: Map<string, ControlEntry>): string[] {
  const broken: string[] = [];
  for (const tenant of [ALL_TENANTS, task.tenant]) {
    for (const lane of [WHOLE_QUEUE, task.lane]) {
      const { startsMax, startsWindowSeconds } = controls.get(placeOf(tenant, task.queue, lane)) ?? {};
      if (typeof startsMax !== "number" || typeof startsWindowSeconds !== "number") continue;
      const fromMs = (task.startedAtMs ?? 0) - startsWindowSeconds * 1_000;
      const inWindow = starts.filter(
        (other) =>
          other.queue === task.queue &&
          (tenant === ALL_TENANTS || other.tenant === tenant) &&
          (lane === WHOLE_QUEUE || other.lane === lane) &&
          (other.startedAtMs ?? 0) > fromMs,
      );
      const what = `started ${inWindow.length} of ${startsMax} in ${startsWindowSeconds} s`;
      if (inWindow.length > startsMax) broken.push(`${tenant}/${task.queue}/${lane} ${what}`);
    }
  }
  return broken;
}
