import { createHash } from "node:crypto";
import { isBoundBy } from "@/contract/budget";
import type { Blocker, BlockerKind } from "@/contract/queue";
import { ALL_TENANTS, WHOLE_QUEUE } from "@/contract/queue-control";
import type { ActiveTasks, HeldBudget, Lane, Limits, ReadyTask, SessionBusy } from "@/db/queries/queue-dispatch";
import type { Rate } from "@/db/queries/queue-rates";

/** Tasks of one concurrency key that run at once where their queue says nothing. */
export const KEY_MAX_DEFAULT = 1;

export type RoomFacts = {
  active: ActiveTasks[];
  controls: Limits[];
  /** Runners that the executor may still get for tasks and that tasks have, together. */
  capacity: number;
  /** Backend profiles that take no task now, and why. */
  backends: Map<string, BackendRoom>;
  /** Budgets that are reached, and hold what they bound. */
  budgets: HeldBudget[];
  /** Sessions in which somebody else's turn is under way, whose volume is gone, or that have nothing left to spend. */
  busySessions: Map<string, SessionBusy>;
};
export type BackendRoom = {
  /** null: no limit. */
  maxRunning: number | null;
  /** Turns under way in runs of no task, which the limit counts too. */
  otherTurns: number;
  /** A person has switched it off. */
  isDisabled: boolean;
  /** Until when nothing is sent to it; null: it is up. */
  downUntil: string | null;
  why: string | null;
};

/** A task that has a slot. Whose it is decides who may be told of it. */
export type Holder = { id: string; tenantId: string };

/** What keeps a task from being dispatched. `on` names what it shares with others that wait for the same. */
export type Block = {
  kind: BlockerKind;
  on: string;
  limit: number | null;
  holders: Holder[];
  detail: string | null;
  /** When it ends by itself, where that is known. */
  until?: string;
  /** Slots that runs of no task have. */
  others?: number;
  /** Of a rate: whose it is, and in how many milliseconds it lets the next one start. */
  rate?: NonNullable<Blocker["rate"]>;
  freesInMs?: number;
};
type Usage = { tasks: number; holders: Holder[] };

/** Longer ones are noted by their digest: a note is part of an index. */
const KEY_LENGTH_MAX = 200;

/** How much of every limit is used, as tasks are taken. All of it is counted from rows, anew in every pass. */
export class Room {
  readonly #usage = new Map<string, Usage>();
  readonly #controls: Map<string, Limits>;
  readonly #facts: RoomFacts;
  /** Queues of which some lane has a weight, with whose weight it is. */
  readonly #weighted: Set<string>;
  /** Starts by this choice, by place. */
  readonly #started = new Map<string, number>();
  #own = 0;

  constructor(facts: RoomFacts) {
    this.#facts = facts;
    this.#controls = new Map(
      facts.controls.map((control) => [keyOf("place", control.tenantId, control.queue, control.lane), control]),
    );
    this.#weighted = new Set(
      facts.controls
        .filter(({ weight, lane }) => weight !== null && lane !== WHOLE_QUEUE)
        .map(({ tenantId, queue }) => keyOf("weighted", tenantId, queue)),
    );
    for (const tasks of facts.active) {
      const holders = tasks.holders.map((id) => ({ id, tenantId: tasks.tenantId }));
      this.#add(tasks, tasks.tasks, holders);
      this.#own += tasks.own;
    }
  }

  /** Slots of the executor that are free. */
  get free(): number {
    return Math.max(0, this.#facts.capacity - this.#own);
  }

  /** Tasks of a tenant that run, by its weight: who has the least comes first. */
  shareOf(tenantId: string): number {
    return this.#used(keyOf("tenant", tenantId)).tasks;
  }

  /** How a lane stands against the others of its queue; null where none of them has a weight, so that age decides. */
  laneShare(task: ReadyTask): number {
    const { tenantId, queue, lane } = task;
    const [own, all] = [tenantId, ALL_TENANTS].map((owner) => this.#controls.get(keyOf("place", owner, queue, lane)));
    const weight = own?.weight ?? all?.weight ?? 1;
    return this.#used(keyOf("place", tenantId, queue, lane)).tasks / weight;
  }

  hasLaneWeights(tenantId: string, queue: string): boolean {
    return [tenantId, ALL_TENANTS].some((owner) => this.#weighted.has(keyOf("weighted", owner, queue)));
  }

  /** What keeps every task of a lane waiting, whichever it is; null when nothing does. */
  laneBlock(task: Pick<ReadyTask, "tenantId" | "queue" | "lane">): Block | null {
    const { tenantId, queue, lane } = task;
    const places = [ALL_TENANTS, tenantId].flatMap((owner) => [
      { on: keyOf("place", owner, queue, WHOLE_QUEUE), isLane: false },
      { on: keyOf("place", owner, queue, lane), isLane: true },
    ]);
    // A pause first: it does not end by itself.
    for (const { on } of places) {
      const control = this.#controls.get(on);
      if (control?.state === "paused") return { kind: "paused", on, limit: null, holders: [], detail: control.reason };
    }
    for (const { on, isLane } of places) {
      const limit = this.#controls.get(on)?.maxRunning ?? null;
      const used = this.#used(on);
      if (limit !== null && used.tasks >= limit)
        return { kind: isLane ? "lane-limit" : "queue-limit", on, limit, holders: used.holders, detail: null };
    }
    // What bounds all that a tenant does is told once, and not of each of its tasks.
    const budget = budgetBlock(this.#facts.budgets.filter((budget) => isWhole(budget) && isOf(budget, task)));
    return budget ?? this.#rateBlock(places);
  }

  /** Every rate that a lane is under, of the lane itself and of its queue. */
  ratesOf({ tenantId, queue, lane }: Lane): { ofLane: Rate[]; ofQueue: Rate[] } {
    const of = (place: string) =>
      [tenantId, ALL_TENANTS].flatMap((owner) => this.#controls.get(keyOf("place", owner, queue, place))?.rate ?? []);
    return { ofLane: of(lane), ofQueue: of(WHOLE_QUEUE) };
  }

  /** Rates of all tenants together that a lane is under: its queue's first, each with the starts that are left. */
  sharedRates({ queue, lane }: Lane): { on: string; isLane: boolean; left: number }[] {
    return [WHOLE_QUEUE, lane].flatMap((of) => {
      const on = keyOf("place", ALL_TENANTS, queue, of);
      const rate = this.#controls.get(on)?.rate ?? null;
      if (rate === null) return [];
      return [{ on, isLane: of !== WHOLE_QUEUE, left: this.#left(on, rate) }];
    });
  }

  /** Starts that a place's rate allows yet, this choice's taken off. */
  #left(on: string, { startsMax, used }: Rate): number {
    return startsMax - used - (this.#started.get(on) ?? 0);
  }

  /** By several rates that are used up, the one that lets something start last. */
  #rateBlock(places: { on: string; isLane: boolean }[]): Block | null {
    let last: (Block & { freesInMs: number }) | null = null;
    for (const { on, isLane } of places) {
      const rate = this.#controls.get(on)?.rate ?? null;
      if (rate === null || this.#left(on, rate) > 0) continue;
      const block = rateBlock(rate, { on, isLane });
      if (last === null || block.freesInMs > last.freesInMs) last = block;
    }
    return last;
  }

  /** What keeps one task waiting while others of its lane may go; null when nothing does. */
  taskBlock(task: ReadyTask): Block | null {
    return (
      this.#sessionBlock(task) ??
      budgetBlock(this.#facts.budgets.filter((budget) => !isWhole(budget) && isBoundBy(task, budget))) ??
      this.#keyBlock(task) ??
      this.#backendBlock(task)
    );
  }

  take(task: ReadyTask): void {
    this.#add(task, 1, [{ id: task.id, tenantId: task.tenantId }]);
    for (const place of placesOf(task)) this.#started.set(place, (this.#started.get(place) ?? 0) + 1);
    this.#own += 1;
  }

  /** Slots that are free of what a block was noted on; 0 while it still holds. */
  freeOf(on: string): number {
    const [kind, ...names] = JSON.parse(on) as [string, ...string[]];
    const used = this.#used(on).tasks;
    const [first = "", second = ""] = names;
    if (kind === "session") return used > 0 || this.#facts.busySessions.has(first) ? 0 : 1;
    if (kind === "budget") return this.#facts.budgets.some(({ id }) => id === first) ? 0 : Number.MAX_SAFE_INTEGER;
    if (kind === "key") return Math.max(0, this.#keyMax(first, second) - used);
    const backend = this.#facts.backends.get(first);
    if (!backend) return Number.MAX_SAFE_INTEGER;
    if (backend.isDisabled || backend.downUntil !== null) return 0;
    return backend.maxRunning === null
      ? Number.MAX_SAFE_INTEGER
      : Math.max(0, backend.maxRunning - used - backend.otherTurns);
  }

  #sessionBlock({ sessionId }: ReadyTask): Block | null {
    if (sessionId === null) return null;
    const on = keyOf("session", sessionId);
    const used = this.#used(on);
    const why = this.#facts.busySessions.get(sessionId);
    if (used.tasks === 0 && why === undefined) return null;
    const kind = used.tasks === 0 && why !== undefined ? BUSY[why] : "session-busy";
    if (kind === "budget-reached")
      return { kind, on, limit: null, holders: [], detail: `what session ${sessionId} may spend` };
    return { kind, on, limit: 1, holders: used.holders, detail: sessionId };
  }

  #keyBlock({ tenantId, queue, concurrencyKey }: ReadyTask): Block | null {
    if (concurrencyKey === null) return null;
    const on = concurrencyOf(tenantId, queue, concurrencyKey);
    const used = this.#used(on);
    const limit = this.#keyMax(tenantId, queue);
    if (used.tasks < limit) return null;
    return { kind: "key-limit", on, limit, holders: used.holders, detail: concurrencyKey };
  }

  #backendBlock({ backendProfile }: ReadyTask): Block | null {
    const backend = this.#facts.backends.get(backendProfile);
    if (!backend) return null;
    const on = keyOf("backend", backendProfile);
    if (backend.isDisabled) return { kind: "backend-disabled", on, limit: null, holders: [], detail: backend.why };
    if (backend.downUntil !== null)
      return {
        ...{ kind: "backend-down", on, limit: null, holders: [], detail: backend.why ?? backendProfile },
        until: backend.downUntil,
      };
    const used = this.#used(on);
    const { maxRunning, otherTurns } = backend;
    if (maxRunning === null || used.tasks + otherTurns < maxRunning) return null;
    return {
      ...{ kind: "backend-limit", on, limit: maxRunning, holders: used.holders, detail: backendProfile },
      others: otherTurns,
    };
  }

  #keyMax(tenantId: string, queue: string): number {
    const own = this.#controls.get(keyOf("place", tenantId, queue, WHOLE_QUEUE))?.keyMaxRunning;
    const all = this.#controls.get(keyOf("place", ALL_TENANTS, queue, WHOLE_QUEUE))?.keyMaxRunning;
    return own ?? all ?? KEY_MAX_DEFAULT;
  }

  #used(on: string): Usage {
    return this.#usage.get(on) ?? { tasks: 0, holders: [] };
  }

  #add(task: Omit<ReadyTask, "id" | "projectId" | "priority" | "createdAt">, tasks: number, holders: Holder[]): void {
    const { tenantId, queue, backendProfile, concurrencyKey, sessionId } = task;
    const places = [keyOf("tenant", tenantId), ...placesOf(task), keyOf("backend", backendProfile)];
    if (concurrencyKey !== null) places.push(concurrencyOf(tenantId, queue, concurrencyKey));
    if (sessionId !== null) places.push(keyOf("session", sessionId));
    for (const place of places) {
      const used = this.#used(place);
      this.#usage.set(place, { tasks: used.tasks + tasks, holders: [...used.holders, ...holders].slice(0, 3) });
    }
  }
}

const BUSY = { running: "session-busy", evicted: "session-evicted", spent: "budget-reached" } as const;

/** Whether a budget bounds all that its tenant does. */
function isWhole({ projectId, backendProfile }: HeldBudget): boolean {
  return projectId === null && backendProfile === null;
}

function isOf({ tenantId }: HeldBudget, task: Pick<ReadyTask, "tenantId">): boolean {
  return tenantId === ALL_TENANTS || tenantId === task.tenantId;
}

/** By several that are reached, the one whose period ends last. */
function budgetBlock(held: HeldBudget[]): Block | null {
  const last = held.toSorted((one, other) => (one.endsAt < other.endsAt ? 1 : -1))[0];
  if (last === undefined) return null;
  const { id, name, tenantId, endsAt: until } = last;
  const detail = tenantId === ALL_TENANTS ? "a budget of all tenants together" : `the budget “${name}”`;
  return { kind: "budget-reached", on: keyOf("budget", id), limit: null, holders: [], detail, until };
}

/** What controls may be of that a task is under. */
function placesOf({ tenantId, queue, lane }: Lane): string[] {
  return [tenantId, ALL_TENANTS].flatMap((owner) => [
    keyOf("place", owner, queue, lane),
    keyOf("place", owner, queue, WHOLE_QUEUE),
  ]);
}

/** A rate that is used up: by starts that were, of which the oldest goes first, or by those of this choice alone. */
function rateBlock(
  { startsMax, startsWindowSeconds, freesAtMs, freesInMs }: Rate,
  { on, isLane }: { on: string; isLane: boolean },
): Block & { freesInMs: number } {
  const windowMs = startsWindowSeconds * 1_000;
  return {
    ...{ kind: "rate-limited", on, limit: startsMax, holders: [], detail: null },
    rate: { of: isLane ? "lane" : "queue", startsMax, startsWindowSeconds },
    until: new Date(freesAtMs ?? Date.now() + windowMs).toISOString(),
    freesInMs: Math.max(0, freesInMs ?? windowMs),
  };
}

/** One text for a thing that has several names, whatever letters they hold. */
export function keyOf(kind: string, ...names: string[]): string {
  return JSON.stringify([kind, ...names]);
}

function concurrencyOf(tenantId: string, queue: string, key: string): string {
  const isShort = key.length <= KEY_LENGTH_MAX;
  return keyOf("key", tenantId, queue, isShort ? key : `sha256:${createHash("sha256").update(key).digest("hex")}`);
}
