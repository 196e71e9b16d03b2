import { LOOP_NAMES, LOOPS, type LoopName, loopsOf } from "@/contract/loops";
import type { LoopStatus, ServerStatus } from "@/contract/status";
import { type LoopFacts, type LoopNote, readLoops, storeLoops } from "@/db/queries/loops";
import { type ServiceContext, tenantOf } from "@/server/context";
import { isoAt } from "@/server/stored";

/** Between two leaders no loop is led: for so long that is no news. */
const AWAY_AFTER_MS = 30_000;
/** So many passes that failed, one after another, are more than a moment's. */
const FAILURES_MIN = 3;
/** Beyond its interval, before a loop counts as late. */
const GRACE_MS = 60_000;
/** Every pass is bounded, and the longest, over a slow bucket or cluster, takes minutes: a longer one stands still. */
export const PASS_MAX_MS = 30 * 60_000;
/** What this server's settings do not name is shown if it went on of late, as where web and worker have different ones. */
const SHOWN_MS = 86_400_000;

/** Notes what loops of this process did. */
export function noteLoops(ctx: ServiceContext, notes: readonly LoopNote[]): Promise<void> {
  return storeLoops(ctx.db, notes);
}

export type Loops = { loops: LoopStatus[]; worker: ServerStatus["worker"] };

/** The loops that do not go on. Asked often: who leads them is looked up only where their notes say that all is not well. */
export async function readStoppedLoops(ctx: ServiceContext): Promise<Loops> {
  const isStopped = ({ state }: LoopStatus) => state !== "good";
  const noted = await readLoopStates(ctx, { withLeaders: false });
  const known = noted.loops.some(isStopped) ? await readLoopStates(ctx) : noted;
  return { ...known, loops: known.loops.filter(isStopped) };
}

/** How everything stands that goes on by itself: by the locks of who leads it now, and by what its passes noted. */
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

/** Errors may name what is another tenant's, and machines are nobody's business but an operator's of all of them. */
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
  // Between two passes of one that is led nothing is noted.
  const quietMaxMs = AWAY_AFTER_MS + (withLeaders ? 0 : (intervalMs ?? 0));
  if (!isLed && (notedAtMs === null || nowMs - notedAtMs > quietMaxMs)) return "away";
  if ((failures ?? 0) >= FAILURES_MIN) return "failing";
  if (beganAtMs !== null && nowMs - beganAtMs < PASS_MAX_MS) return "good";
  // A new leader has passed nothing yet.
  const lastMs = Math.max(passedAtMs ?? 0, ledSinceMs ?? 0);
  return nowMs - lastMs > (intervalMs ?? 0) + GRACE_MS ? "late" : "good";
}
