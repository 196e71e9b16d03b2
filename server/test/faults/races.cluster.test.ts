import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StorageSummary } from "@/contract/storage";
import { sessions } from "@/db/schema";
import { finishRun } from "@/server/runs";
import { expire, readBack } from "@/server/storage/test/volume";
import { ACTS, type Act, type Answer, answer, type Claimed } from "./acts";
import { type Children, prepareChildren, type Rival } from "./children";
import { inTenant } from "./context";
import { makeMarker, makeUsed, type Subject } from "./subjects";
import { dice, inGroups, trials } from "./trials";
import { auditFindings, createFaultWorld, type FaultWorld } from "./world";

const RACES = trials({ suite: 100, long: 5_000 });
const INTERLEAVINGS = trials({ suite: 100, long: 5_000 });
const AT_ONCE = 10;
/** Less than a collection needs to reach `deleting`, so that neither side always wins. */
const HEAD_START_MS = 40;
const SESSION_STORE_EVICTED = "session-store-evicted";

let world: FaultWorld;
let children: Children;
let rival: Rival;

beforeAll(async () => {
  [world, children] = await Promise.all([createFaultWorld({ bindsClaims: true }), prepareChildren()]);
  rival = children.rival(world.setup);
});
afterAll(async () => {
  await rival[Symbol.asyncDispose]();
  await children[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

test(`of a run and another process's collection, the run has its whole volume or is refused, ${RACES} times`, async () => {
  const roll = dice("races");
  const ends = { claimed: 0, refused: 0 };
  await inGroups(numbers(RACES), AT_ONCE, async (index) => {
    const subject = { sessionId: `ses_race_${index}`, tenantId: `tenant_race_${index}` };
    const uid = await makeExpired(subject);
    const [collected, run] = await Promise.all([
      later(roll.below(HEAD_START_MS), () => rival.ask("collect", subject)),
      later(roll.below(HEAD_START_MS), () => doHere("run", subject)),
    ]);
    expect(collected).not.toHaveProperty("refused");
    if ("refused" in run) {
      ends.refused += 1;
      expect(run.refused).toMatchObject({ failureKind: SESSION_STORE_EVICTED });
      await rival.ask("repair", subject);
      expect(await look(subject)).toEqual({ state: "evicted", uid: null, archived: makeMarker(subject) });
    } else {
      ends.claimed += 1;
      expect(await look(subject)).toEqual({ state: "live", uid, archived: makeMarker(subject) });
      await end(run.value as Claimed);
    }
  });
  console.log(`${RACES} races: ${ends.claimed} runs were claimed, ${ends.refused} refused`);
  expect(Math.min(ends.claimed, ends.refused), "one side always won: that is no race").toBeGreaterThan(0);
});

test(`collections, repairs, runs, extensions, pins and restores of two processes interleave at random, ${INTERLEAVINGS} times`, async () => {
  const roll = dice("interleavings");
  const acts = Object.keys(ACTS) as Act[];
  await inGroups(numbers(INTERLEAVINGS), AT_ONCE, async (index) => {
    const subject = { sessionId: `ses_mix_${index}`, tenantId: `tenant_mix_${index}` };
    const uid = await makeExpired(subject);
    const chosen = ["collect" as const, ...Array.from({ length: 2 + roll.below(3) }, () => roll.pick(acts))];
    const answers = await Promise.all(
      chosen.map(async (act) => {
        const isHere = roll.below(2) === 0;
        const start = roll.below(HEAD_START_MS);
        return { act, answer: await later(start, () => (isHere ? doHere(act, subject) : rival.ask(act, subject))) };
      }),
    );
    for (const { act, answer } of answers) {
      if (act === "run" && "value" in answer) await end(answer.value as Claimed);
    }
    await rival.ask("repair", subject);
    const { state, uid: now, archived } = await look(subject);
    const context = `${index}: ${JSON.stringify(answers)}`;
    expect(archived, context).toBe(makeMarker(subject));
    expect(["live", "restoring", "evicted"], context).toContain(state);
    // The volume of a live session was never replaced: only a restore makes a new one, which a runner must fill first.
    if (state === "live") expect(now, context).toBe(uid);
    if (state === "restoring") expect([null, uid], context).not.toContain(now);
    if (state === "evicted") expect(now, context).toBeNull();
    const wasPinned = answers.some(({ act, answer }) => act === "pin" && "value" in answer && hasVolume(answer.value));
    const mayBeUnpinned = answers.some(({ act }) => act === "unpin");
    if (wasPinned && !mayBeUnpinned) expect(state, context).not.toBe("evicted");
  });
});

test("the API server's audit log and the database's history agree that nothing in use was deleted", async (context) => {
  expect(await auditFindings(world, context)).toEqual([]);
});

/** Returns the numbers of so many trials. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Makes an expired session with an archive and a bound claim; returns the claim's uid. */
async function makeExpired(subject: Subject): Promise<string> {
  const ctx = inTenant(world.ctx, subject.tenantId);
  await makeUsed(world.setup, ctx, subject);
  await expire(ctx, subject.sessionId);
  const volume = await ctx.volumes.find(ctx.volumes.nameFor(subject.sessionId));
  if (!volume) throw new Error(`${subject.sessionId} has no claim`);
  return volume.uid;
}

async function later<T>(afterMs: number, work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  return work();
}

/** Does an act in this process, as the rival does in the other. */
function doHere(act: Act, subject: Subject): Promise<Answer> {
  return answer(world.ctx, act, subject);
}

async function end({ runId, leaseEpoch }: Claimed): Promise<void> {
  await finishRun(world.ctx, { runId, leaseEpoch, terminalStatus: "completed" });
}

/**
 * Returns what a session is now: its state, its claim unless that is being deleted, and what its archive gives back.
 */
async function look({ sessionId }: Subject): Promise<{ state?: string; uid: string | null; archived: string }> {
  const [row] = await world.ctx.db
    .select({ state: sessions.storageState })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId));
  const volume = await world.ctx.volumes.find(world.ctx.volumes.nameFor(sessionId));
  return {
    ...row,
    uid: volume && volume.phase !== "Terminating" ? volume.uid : null,
    archived: await readBack(world.ctx, sessionId),
  };
}

function hasVolume(summary: unknown): boolean {
  return (summary as StorageSummary).storageState !== "evicted";
}
