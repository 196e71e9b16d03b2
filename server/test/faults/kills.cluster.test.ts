import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sessions } from "@/db/schema";
import { repairStorage } from "@/server/storage";
import { type Children, prepareChildren } from "./children";
import { readOutcome } from "./outcome";
import { STORIES, type Story } from "./stories";
import { storyContext } from "./story-context";
import type { Subject } from "./subjects";
import { Tracer } from "./tracer";
import { dice, inGroups, trials } from "./trials";
import { auditFindings, createFaultWorld, type FaultWorld } from "./world";

/** How often the process is killed at each point. */
const DEATHS = trials({ suite: 5, long: 100 });
/** How many sessions one kill affects at each point. */
const TOGETHER_MAX = 5;
const PREPARED_AT_ONCE = 10;

const LONG_POLL = { timeout: 60_000, interval: 200 };

let world: FaultWorld;
let children: Children;

beforeAll(async () => {
  [world, children] = await Promise.all([createFaultWorld({ bindsClaims: false }), prepareChildren()]);
});
afterAll(async () => {
  await children[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

let made = 0;
function newSubject(story: Story): Subject {
  made += 1;
  return { sessionId: `ses_${story.name}_${made}`, tenantId: `tenant_${made}` };
}

test("there are at least 24 kill points, each with a unique name in its story", () => {
  const names = STORIES.flatMap((story) => story.points.map((point) => `${story.name}:${point.name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(24);
});

describe.each(STORIES)("$name", (story) => {
  test(`after a kill at each of its ${story.points.length} points, ${DEATHS} times, it ends like an undisturbed one`, async () => {
    const undisturbed = await readUndisturbed(story);
    const roll = dice(story.name);
    for (let died = 0; died < DEATHS; died += TOGETHER_MAX) {
      const each = Array.from({ length: Math.min(TOGETHER_MAX, DEATHS - died) });
      const targets = story.points.flatMap(({ name }) =>
        each.map(() => ({ subject: newSubject(story), stopAt: name })),
      );
      await inGroups(targets, PREPARED_AT_ONCE, ({ subject }) => prepare(story, subject));
      expect(await children.run({ setup: world.setup, story: story.name, phase: "die", targets })).toEqual({
        code: null,
        signal: "SIGKILL",
        errors: "",
      });
      const recoveries = targets.map((target) => ({ ...target, recovery: roll.pick(waysFrom(story, target.stopAt)) }));
      expect(
        await children.run({ setup: world.setup, story: story.name, phase: "recover", targets: recoveries }),
      ).toEqual({ code: 0, signal: null, errors: "" });
      await expect.poll(finishDeletions, LONG_POLL).toBe(0);
      const claims = await world.claims();
      for (const { subject, stopAt, recovery } of recoveries) {
        const outcome = await readOutcome(world.setup, world.ctx, subject, claims);
        expect(outcome, `killed at ${stopAt}, then ${recovery}`).toEqual(undisturbed);
      }
    }
    expect((await repairStorage(world.ctx)).failed).toEqual([]);
    console.log(`${story.name}: killed ${story.points.length * DEATHS} times`);
  });
});

test("the API server's audit log and the database's history agree that nothing in use was deleted", async (context) => {
  expect(await auditFindings(world, context)).toEqual([]);
});

/** Runs a story to its end in this process, and checks that it meets every point that it names. */
async function readUndisturbed(story: Story) {
  const subject = newSubject(story);
  await prepare(story, subject);
  const tracer = new Tracer(story, null, () => {});
  await story.act(storyContext(world.setup, world.ctx, { story, subject, tracer }), subject);
  tracer.assertDone();
  await expect.poll(finishDeletions, LONG_POLL).toBe(0);
  return readOutcome(world.setup, world.ctx, subject, await world.claims());
}

function prepare(story: Story, subject: Subject): Promise<void> {
  return story.prepare(world.setup, storyContext(world.setup, world.ctx, { story, subject }), subject);
}

/** Returns the recoveries that suffice after a death at a point. */
function waysFrom(story: Story, stopAt: string): string[] {
  const order = story.points.map((point) => point.name);
  return Object.entries(story.recoveries)
    .filter(([, { from }]) => from === undefined || order.indexOf(stopAt) >= order.indexOf(from))
    .map(([name]) => name);
}

/** Does what the worker's next repairs do for claims that are slow to disappear. Returns how many still exist. */
async function finishDeletions(): Promise<number> {
  await repairStorage(world.ctx);
  return world.ctx.database.db.$count(sessions, eq(sessions.storageState, "deleting"));
}
