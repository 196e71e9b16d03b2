import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { repairStorage } from "@/server/storage";
import { type Children, prepareChildren } from "./children";
import { readOutcome } from "./outcome";
import { STORIES, type Story } from "./stories";
import { storyContext } from "./story-context";
import type { Subject } from "./subjects";
import { Tracer } from "./tracer";
import { dice, trials } from "./trials";
import { auditFindings, createFaultWorld, type FaultWorld } from "./world";

/** How often each point is died at. */
const DEATHS = trials({ suite: 5, long: 100 });
/** Sessions that stand still to die together: more would hold their transactions longer than the database lets them. */
const TOGETHER_MAX = 40;

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

test("there are at least 24 points, each with a name of its own in its story", () => {
  const names = STORIES.flatMap((story) => story.points.map((point) => `${story.name}:${point.name}`));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(24);
});

describe.each(STORIES)("$name", (story) => {
  test(`killed at each of its ${story.points.length} points, ${DEATHS} times, it ends as undisturbed`, async () => {
    const undisturbed = await tellUndisturbed(story);
    const roll = dice(story.name);
    const together = Math.max(1, Math.floor(TOGETHER_MAX / story.points.length));
    for (let died = 0; died < DEATHS; died += together) {
      const each = Array.from({ length: Math.min(together, DEATHS - died) });
      const targets = story.points.flatMap(({ name }) =>
        each.map(() => ({ subject: newSubject(story), stopAt: name })),
      );
      await Promise.all(targets.map(({ subject }) => prepare(story, subject)));
      expect(await children.run({ place: world.place, story: story.name, phase: "die", targets })).toEqual({
        code: null,
        signal: "SIGKILL",
        errors: "",
      });
      const recoveries = targets.map((target) => ({ ...target, recovery: roll.pick(waysFrom(story, target.stopAt)) }));
      expect(
        await children.run({ place: world.place, story: story.name, phase: "recover", targets: recoveries }),
      ).toEqual({ code: 0, signal: null, errors: "" });
      const claims = await world.claims();
      for (const { subject, stopAt, recovery } of recoveries) {
        const outcome = await readOutcome(world.place, world.ctx, subject, claims);
        expect(outcome, `killed at ${stopAt}, then ${recovery}`).toEqual(undisturbed);
      }
    }
    expect((await repairStorage(world.ctx)).failed).toEqual([]);
  });
});

test("the API server's audit log and the database's history agree that nothing in use was deleted", async (context) => {
  expect(await auditFindings(world, context)).toEqual([]);
});

/** Runs a story to its end in this process, and sees that it meets every point that it names. */
async function tellUndisturbed(story: Story) {
  const subject = newSubject(story);
  await prepare(story, subject);
  const tracer = new Tracer(story, null, () => {});
  await story.act(storyContext(world.place, world.ctx, { story, subject, tracer }), subject);
  tracer.assertDone();
  return readOutcome(world.place, world.ctx, subject, await world.claims());
}

function prepare(story: Story, subject: Subject): Promise<void> {
  return story.prepare(world.place, storyContext(world.place, world.ctx, { story, subject }), subject);
}

/** The recoveries that are enough after a death at a point. */
function waysFrom(story: Story, stopAt: string): string[] {
  const order = story.points.map((point) => point.name);
  return Object.entries(story.recoveries)
    .filter(([, { from }]) => from === undefined || order.indexOf(stopAt) >= order.indexOf(from))
    .map(([name]) => name);
}
