import { LOOP_NAMES, LOOPS, type LoopName, loopsOf } from "@/contract/loops";
import type { LoopStatus, ServerStatus } from "@/contract/status";
import { type LoopFacts, type LoopNote, readLoops, storeLoops } from "@/db/queries/loops";
import { type ServiceContext, tenantOf } from "@/server/context";
import { isoAt } from "@/server/stored";

/** Between two leaders nobody leads a loop; up to this long that is normal. */
const AWAY_AFTER_MS = 30_000;
/** This many consecutive failed passes are more than a momentary problem. */
const FAILURES_MIN = 3;
/** How long after its interval a loop counts as late. */
const GRACE_MS = 60_000;
/**
 * Every pass is bounded, and the longest, over a slow bucket or cluster, takes minutes: one that takes longer is stuck.
 */
export const PASS_MAX_MS = 30 * 60_000;
/**
 * A loop that this server's settings do not name is shown if it ran recently: web and worker may have different
 * settings.
 */
const SHOWN_MS = 86_400_000;

/** Stores notes of this process's loops. */
export function noteLoops(ctx: ServiceContext, notes: readonly LoopNote[]): Promise<void> {
  return storeLoops(ctx.db, notes);
}

export type Loops = { loops: LoopStatus[]; worker: ServerStatus["worker"] };

/**
 * Returns the loops that have stopped. Called often, so their leaders are looked up only when the notes show a problem.
 */
export async function readStoppedLoops(ctx: ServiceContext): Promise<Loops> {
  const isStopped = ({ state }: LoopStatus) => state !== "good";
  const noted = await readLoopStates(ctx, { withLeaders: false });
  const loopStates = noted.loops.some(isStopped) ? await readLoopStates(ctx) : noted;
  return { ...loopStates, loops: loopStates.loops.filter(isStopped) };
}

/** Returns the state of every loop, by the locks of their current leaders and the notes of their passes. */
export async function readLoopStates(ctx: ServiceContext, { withLeaders } = { withLeaders: true }): Promise<Loops> {
  const expected = new Set<string>(loopsOf(ctx.settings.executor, ctx.volumes.provider));
  const facts = (await readLoops(ctx.db, LOOP_NAMES, { withLeaders })).filter(
    ({ name, notedAtMs, nowMs }) => expected.has(name) || (notedAtMs !== null && nowMs - notedAtMs < SHOWN_MS),
  );
  const order = (name: string) => LOOP_NAMES.indexOf(name as LoopName);
  facts.sort((left, right) => order(left.name) - order(right.name));
  const ofWorker = facts.filter(({ name }) => LOOPS[name as LoopName].process === "worker");
  const newest = ofWorker.reduce<LoopFacts | null>(
    (known, next) => ((next.notedAtMs ?? 0) > (known?.notedAtMs ?? 0) ? next : known),
    null,
  );
  const seesAll = tenantOf(ctx) === null;
  return {
    loops: facts.map((loop) => toStatus(loop, stateOf(loop, withLeaders), seesAll)),
    worker: {
      isAway: ofWorker.every((loop) => stateOf(loop, withLeaders) === "away"),
      seenAt: isoAt(newest?.notedAtMs ?? null),
      version: newest?.version ?? null,
    },
  };
}

/** Errors may name other tenants' things, and machines concern only operators of all tenants. */
function toStatus(loop: LoopFacts, state: LoopStatus["state"], seesAll: boolean): LoopStatus {
  const name = loop.name as LoopName;
  return {
    name,
    process: LOOPS[name].process,
    state,
    isLed: loop.isLed,
    ledSince: isoAt(loop.ledSinceMs),
    holder: seesAll ? loop.holder : null,
    version: loop.version,
    intervalMs: loop.intervalMs,
    passedAt: isoAt(loop.passedAtMs),
    tookMs: loop.tookMs,
    beganAt: isoAt(loop.beganAtMs),
    failures: loop.failures ?? 0,
    failure: seesAll ? loop.failure : null,
    notedAt: isoAt(loop.notedAtMs),
  };
}

function stateOf(loop: LoopFacts, withLeaders: boolean): LoopStatus["state"] {
  const { isLed, ledSinceMs, failures, intervalMs, passedAtMs, beganAtMs, notedAtMs, nowMs } = loop;
  // A loop that is led notes nothing between two passes.
  const quietMaxMs = AWAY_AFTER_MS + (withLeaders ? 0 : (intervalMs ?? 0));
  if (!isLed && (notedAtMs === null || nowMs - notedAtMs > quietMaxMs)) return "away";
  if ((failures ?? 0) >= FAILURES_MIN) return "failing";
  if (beganAtMs !== null && nowMs - beganAtMs < PASS_MAX_MS) return "good";
  // A new leader has not finished a pass yet.
  const lastMs = Math.max(passedAtMs ?? 0, ledSinceMs ?? 0);
  return nowMs - lastMs > (intervalMs ?? 0) + GRACE_MS ? "late" : "good";
}
