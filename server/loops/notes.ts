import { hostname } from "node:os";
import process from "node:process";
import { within } from "@/contract/async";
import type { LoopName } from "@/contract/loops";
import type { ServiceContext } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import { noteLoops } from "@/server/health";
import { VERSION } from "@/server/version";

/** The shortest time between two writes: loops that pass every second would otherwise write as often. */
const EVERY_MS = 5_000;
const FIRST_AFTER_MS = 500;
const CLOSE_MS = 1_000;
const HOLDER = `${hostname()} (${process.pid})`;

type Pass = {
  intervalMs: number;
  beganMs: number | null;
  passedMs: number | null;
  tookMs: number | null;
  failures: number;
  failure: string | null;
};

/** Stores what this process's loops did in the database, where a loop that is stuck can be noticed. */
export class LoopNotes {
  readonly #passes = new Map<LoopName, Pass>();
  /** Loops with notes that are not stored yet. */
  readonly #news = new Set<LoopName>();
  #timer: NodeJS.Timeout | null = null;
  #storedMs = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(private readonly ctx: ServiceContext) {}

  began(name: LoopName, intervalMs: number): void {
    const previous = this.#passes.get(name) ?? { passedMs: null, tookMs: null, failures: 0, failure: null };
    this.#note(name, { ...previous, intervalMs, beganMs: performance.now() });
  }

  /** Notes the end of a pass. `failure`: what was thrown, if it failed. */
  ended(name: LoopName, failure: unknown = null): void {
    const current = this.#passes.get(name);
    if (!current) return;
    const nowMs = performance.now();
    if (failure !== null) {
      const { message } = toAgentRunError(failure);
      this.#note(name, { ...current, beganMs: null, failures: current.failures + 1, failure: message });
      return;
    }
    const tookMs = Math.round(nowMs - (current.beganMs ?? nowMs));
    this.#note(name, { ...current, beganMs: null, passedMs: nowMs, tookMs, failures: 0, failure: null });
  }

  /** Returns how long the longest pass under way has taken so far, in milliseconds; 0: none is under way. */
  longestPassMs(): number {
    const nowMs = performance.now();
    return Math.max(0, ...[...this.#passes.values()].map(({ beganMs }) => nowMs - (beganMs ?? nowMs)));
  }

  /** Stores the remaining notes if the database accepts them; does not wait for a database that is away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await within(
      CLOSE_MS,
      this.#underWay.then(() => this.#store()),
    );
  }

  #note(name: LoopName, pass: Pass): void {
    this.#passes.set(name, pass);
    this.#news.add(name);
    if (this.#timer !== null || this.#isClosed) return;
    const waitMs = Math.max(FIRST_AFTER_MS, this.#storedMs + EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#underWay = this.#store();
    }, waitMs);
  }

  async #store(): Promise<void> {
    const names = [...this.#news];
    if (names.length === 0) return;
    this.#news.clear();
    this.#storedMs = performance.now();
    const nowMs = this.#storedMs;
    const ago = (atMs: number | null) => (atMs === null ? null : nowMs - atMs);
    const notes = names.flatMap((name) => {
      const pass = this.#passes.get(name);
      if (!pass) return [];
      const { beganMs, passedMs, ...known } = pass;
      return [
        { name, holder: HOLDER, version: VERSION, ...known, beganAgoMs: ago(beganMs), passedAgoMs: ago(passedMs) },
      ];
    });
    try {
      await noteLoops(this.ctx, notes);
    } catch (error) {
      // With the database away the loops fail too, and log it: the next pass is noted again.
      this.ctx.log.debug({ err: error }, "could not record the loops' passes");
    }
  }
}
