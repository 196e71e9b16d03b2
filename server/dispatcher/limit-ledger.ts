import { createHash } from "node:crypto";
import { isBoundBy } from "@/contract/budget";
import type { Blocker, BlockerKind } from "@/contract/queue";
import { ALL_TENANTS, WHOLE_QUEUE } from "@/contract/queue-control";
import type { ActiveTasks, HeldBudget, Lane, Limits, ReadyTask } from "@/db/queries/queue/dispatch";
import type { Rate } from "@/db/queries/queue/rates";
import type { SessionBusy } from "@/db/queries/queue/read-busy-sessions";
import { encodeWaitKey, parseWaitKey } from "@/db/queries/queue/wait-key";

/** How many tasks of one concurrency key run at once where their queue sets no limit. */
export const KEY_MAX_DEFAULT = 1;

export type LimitSnapshot = {
  active: ActiveTasks[];
  controls: Limits[];
  /** Runners for tasks in all: those that tasks have, and those that the executor may still start for them. */
  capacity: number;
  /** What each backend profile may take now, by its name. */
  backends: Map<string, BackendLimit>;
  /** Budgets that are reached, and so hold up the tasks that they bound. */
  budgets: HeldBudget[];
  /** Sessions that have another turn under way, no volume, or nothing left to spend, with the reason. */
  busySessions: Map<string, SessionBusy>;
};
export type BackendLimit = {
  /** null: no limit. */
  maxRunning: number | null;
  /** Turns under way in runs that belong to no task; the limit counts them too. */
  otherTurns: number;
  /** A person has switched the profile off. */
  isDisabled: boolean;
  /** Nothing is sent to the profile until then; null: it is up. */
  downUntil: string | null;
  why: string | null;
};

/** A task that holds a slot. Its tenant decides who may see it. */
export type Holder = { id: string; tenantId: string };

/** What keeps a task from being dispatched. `on` is a key shared by all tasks that wait for the same thing. */
export type Block = {
  kind: BlockerKind;
  on: string;
  limit: number | null;
  holders: Holder[];
  detail: string | null;
  /** When the block ends by itself, where that is known. */
  until?: string;
  /** Slots held by runs that belong to no task. */
  others?: number;
  /** For a rate: whether it is the lane's or the queue's, and in how many milliseconds the next task may start. */
  rate?: NonNullable<Blocker["rate"]>;
  freesInMs?: number;
  /** The budget that is reached. One of all tenants is not for those to know who are bound to one. */
  budget?: { id: string; name: string; isOfAll: boolean };
};
type Usage = { tasks: number; holders: Holder[] };

/** A longer key is noted by its digest, because the note is part of an index. */
const KEY_LENGTH_MAX = 200;

/** Counts how much of every limit is used while tasks are taken. The counts begin anew from rows in every pass. */
export class LimitLedger {
  readonly #usage = new Map<string, Usage>();
  readonly #controls: Map<string, Limits>;
  readonly #facts: LimitSnapshot;
  /** Queues in which some lane has a weight, each with the owner of that weight. */
  readonly #weighted: Set<string>;
  /** Starts in this choice, by place. */
  readonly #started = new Map<string, number>();
  #own = 0;

  constructor(facts: LimitSnapshot) {
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

  /** Free slots of the executor. */
  get free(): number {
    return Math.max(0, this.#facts.capacity - this.#own);
  }

  /** Running tasks of a tenant; the tenant with the fewest comes first. */
  shareOf(tenantId: string): number {
    return this.#used(keyOf("tenant", tenantId)).tasks;
  }

  /** Running tasks of a task's lane divided by the lane's weight, which is 1 where none is set. */
  laneShare(task: ReadyTask): number {
    const { tenantId, queue, lane } = task;
    const [own, all] = [tenantId, ALL_TENANTS].map((owner) => this.#controls.get(keyOf("place", owner, queue, lane)));
    const weight = own?.weight ?? all?.weight ?? 1;
    return this.#used(keyOf("place", tenantId, queue, lane)).tasks / weight;
  }

  hasLaneWeights(tenantId: string, queue: string): boolean {
    return [tenantId, ALL_TENANTS].some((owner) => this.#weighted.has(keyOf("weighted", owner, queue)));
  }

  /** Returns what keeps every task of a lane waiting; null: nothing does. */
  laneBlock(task: Pick<ReadyTask, "tenantId" | "queue" | "lane">): Block | null {
    const { tenantId, queue, lane } = task;
    const places = [ALL_TENANTS, tenantId].flatMap((owner) => [
      { on: keyOf("place", owner, queue, WHOLE_QUEUE), isLane: false },
      { on: keyOf("place", owner, queue, lane), isLane: true },
    ]);
    // A pause comes first, because it does not end by itself.
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
    // A budget that bounds everything that a tenant does is reported for its lanes rather than for each task.
    const budget = budgetBlock(
      this.#facts.budgets.filter((budget) => isTenantWide(budget) && appliesToTenant(budget, task)),
    );
    return budget ?? this.#rateBlock(places);
  }

  /** Returns every rate that applies to a lane: its own and its queue's. */
  ratesOf({ tenantId, queue, lane }: Lane): { ofLane: Rate[]; ofQueue: Rate[] } {
    const of = (place: string) =>
      [tenantId, ALL_TENANTS].flatMap((owner) => this.#controls.get(keyOf("place", owner, queue, place))?.rate ?? []);
    return { ofLane: of(lane), ofQueue: of(WHOLE_QUEUE) };
  }

  /** Returns the rates of all tenants together that apply to a lane, its queue's first, each with the starts left. */
  sharedRates({ queue, lane }: Lane): { on: string; isLane: boolean; left: number }[] {
    return [WHOLE_QUEUE, lane].flatMap((of) => {
      const on = keyOf("place", ALL_TENANTS, queue, of);
      const rate = this.#controls.get(on)?.rate ?? null;
      if (rate === null) return [];
      return [{ on, isLane: of !== WHOLE_QUEUE, left: this.#left(on, rate) }];
    });
  }

  /** Starts that a place's rate still allows, less those of this choice. */
  #left(on: string, { startsMax, used }: Rate): number {
    return startsMax - used - (this.#started.get(on) ?? 0);
  }

  /** Returns the used-up rate that takes longest to allow a start; null: no rate is used up. */
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

  /** Returns what keeps one task waiting while others of its lane may start; null: nothing does. */
  taskBlock(task: ReadyTask): Block | null {
    return (
      this.#sessionBlock(task) ??
      budgetBlock(this.#facts.budgets.filter((budget) => !isTenantWide(budget) && isBoundBy(task, budget))) ??
      this.#keyBlock(task) ??
      this.#backendBlock(task)
    );
  }

  take(task: ReadyTask): void {
    this.#add(task, 1, [{ id: task.id, tenantId: task.tenantId }]);
    for (const place of controlKeysOf(task)) this.#started.set(place, (this.#started.get(place) ?? 0) + 1);
    this.#own += 1;
  }

  /** Free slots of what a task was noted as waiting for; 0: it is still held up. */
  freeOf(on: string): number {
    const key = parseWaitKey(on);
    const used = this.#used(on).tasks;
    switch (key?.kind) {
      case "session":
        return used > 0 || this.#facts.busySessions.has(key.sessionId) ? 0 : 1;
      case "budget":
        return this.#facts.budgets.some(({ id }) => id === key.budgetId) ? 0 : Number.MAX_SAFE_INTEGER;
      case "key":
        return Math.max(0, this.#keyMax(key.tenantId, key.queue) - used);
      case "backend":
        return this.#freeOfBackend(key.profile, used);
      case undefined:
        return Number.MAX_SAFE_INTEGER;
    }
  }

  #freeOfBackend(profile: string, used: number): number {
    const backend = this.#facts.backends.get(profile);
    if (!backend) return Number.MAX_SAFE_INTEGER;
    if (backend.isDisabled || backend.downUntil !== null) return 0;
    return backend.maxRunning === null
      ? Number.MAX_SAFE_INTEGER
      : Math.max(0, backend.maxRunning - used - backend.otherTurns);
  }

  #sessionBlock({ sessionId }: ReadyTask): Block | null {
    if (sessionId === null) return null;
    const on = encodeWaitKey({ kind: "session", sessionId });
    const used = this.#used(on);
    const why = this.#facts.busySessions.get(sessionId);
    if (used.tasks === 0 && why === undefined) return null;
    const kind = used.tasks === 0 && why !== undefined ? BUSY_KINDS[why] : "session-busy";
    if (kind === "budget-reached")
      return { kind, on, limit: null, holders: [], detail: `the budget of session ${sessionId}` };
    return { kind, on, limit: 1, holders: used.holders, detail: sessionId };
  }

  #keyBlock({ tenantId, queue, concurrencyKey }: ReadyTask): Block | null {
    if (concurrencyKey === null) return null;
    const on = concurrencyKeyOf(tenantId, queue, concurrencyKey);
    const used = this.#used(on);
    const limit = this.#keyMax(tenantId, queue);
    if (used.tasks < limit) return null;
    return { kind: "key-limit", on, limit, holders: used.holders, detail: concurrencyKey };
  }

  #backendBlock({ backendProfile }: ReadyTask): Block | null {
    const backend = this.#facts.backends.get(backendProfile);
    if (!backend) return null;
    const on = encodeWaitKey({ kind: "backend", profile: backendProfile });
    if (backend.isDisabled) return { kind: "backend-disabled", on, limit: null, holders: [], detail: backend.why };
    if (backend.downUntil !== null)
      return {
        kind: "backend-down",
        on,
        limit: null,
        holders: [],
        detail: backend.why ?? backendProfile,
        until: backend.downUntil,
      };
    const used = this.#used(on);
    const { maxRunning, otherTurns } = backend;
    if (maxRunning === null || used.tasks + otherTurns < maxRunning) return null;
    return {
      kind: "backend-limit",
      on,
      limit: maxRunning,
      holders: used.holders,
      detail: backendProfile,
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
    const places = [
      keyOf("tenant", tenantId),
      ...controlKeysOf(task),
      encodeWaitKey({ kind: "backend", profile: backendProfile }),
    ];
    if (concurrencyKey !== null) places.push(concurrencyKeyOf(tenantId, queue, concurrencyKey));
    if (sessionId !== null) places.push(encodeWaitKey({ kind: "session", sessionId }));
    for (const place of places) {
      const used = this.#used(place);
      this.#usage.set(place, { tasks: used.tasks + tasks, holders: [...used.holders, ...holders].slice(0, 3) });
    }
  }
}

const BUSY_KINDS = { running: "session-busy", evicted: "session-evicted", spent: "budget-reached" } as const;

/** Whether a budget bounds everything that its tenant does. */
function isTenantWide({ projectId, backendProfile }: HeldBudget): boolean {
  return projectId === null && backendProfile === null;
}

function appliesToTenant({ tenantId }: HeldBudget, task: Pick<ReadyTask, "tenantId">): boolean {
  return tenantId === ALL_TENANTS || tenantId === task.tenantId;
}

/** Of several reached budgets, the one whose period ends last. */
function budgetBlock(held: HeldBudget[]): Block | null {
  const last = held.toSorted((one, other) => (one.endsAt < other.endsAt ? 1 : -1))[0];
  if (last === undefined) return null;
  const { id, name, tenantId, endsAt: until } = last;
  return {
    kind: "budget-reached",
    on: encodeWaitKey({ kind: "budget", budgetId: id }),
    limit: null,
    holders: [],
    detail: null,
    until,
    budget: { id, name, isOfAll: tenantId === ALL_TENANTS },
  };
}

/** The keys of all controls that may apply to a task. */
function controlKeysOf({ tenantId, queue, lane }: Lane): string[] {
  return [tenantId, ALL_TENANTS].flatMap((owner) => [
    keyOf("place", owner, queue, lane),
    keyOf("place", owner, queue, WHOLE_QUEUE),
  ]);
}

/**
 * Describes a rate that is used up. The next start is possible when the oldest counted start leaves the window, or a
 * whole window from now where this choice alone used the rate up.
 */
function rateBlock(
  { startsMax, startsWindowSeconds, freesAtMs, freesInMs }: Rate,
  { on, isLane }: { on: string; isLane: boolean },
): Block & { freesInMs: number } {
  const windowMs = startsWindowSeconds * 1_000;
  return {
    kind: "rate-limited",
    on,
    limit: startsMax,
    holders: [],
    detail: null,
    rate: { of: isLane ? "lane" : "queue", startsMax, startsWindowSeconds },
    until: new Date(freesAtMs ?? Date.now() + windowMs).toISOString(),
    freesInMs: Math.max(0, freesInMs ?? windowMs),
  };
}

/** Returns one unambiguous key for a place that has several names, whatever characters they hold. It is never stored. */
export function keyOf(kind: string, ...names: string[]): string {
  return JSON.stringify([kind, ...names]);
}

function concurrencyKeyOf(tenantId: string, queue: string, key: string): string {
  const isShort = key.length <= KEY_LENGTH_MAX;
  const noted = isShort ? key : `sha256:${createHash("sha256").update(key).digest("hex")}`;
  return encodeWaitKey({ kind: "key", tenantId, queue, key: noted });
}
