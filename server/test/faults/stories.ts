import { eq } from "drizzle-orm";
import { sessions } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { deleteSession } from "@/server/sessions";
import { expire } from "@/server/storage/test/volume";
import type { FaultSetup } from "./context";
import type { Crossing, Signal } from "./crossings";
import {
  adopt,
  both,
  collect,
  collectIt,
  create,
  createWithRun,
  evict,
  fork,
  forkSource,
  hasRow,
  purge,
  repair,
  restore,
  type Step,
  unless,
} from "./steps";
import { makeUsed, type Subject, takeTurn } from "./subjects";

/** A moment of a story at which its process can be killed. */
export type KillPoint = { name: string; signal: Signal };

export type Story = {
  name: string;
  /** Its volumes are folders, which the process itself can archive. */
  isFolder?: true;
  /** Every crossing of the story, in the order in which an undisturbed run meets them. */
  points: KillPoint[];
  /** Brings a session to where the story begins. */
  prepare(setup: FaultSetup, ctx: ServiceContext, subject: Subject): Promise<void>;
  act: Step;
  /** What a new process may do after the death, so that the end is that of an undisturbed run. */
  recoveries: Record<string, { act: Step /** Only once this point is behind. */; from?: string }>;
};

const claimed = [...around("claim", "createClaim"), ...around("record", "write")];
const evicted = [
  ...around("look", "find"),
  { name: "before-removal", signal: "before remove" as const },
  ...around("deletion", "deleteClaim"),
  { name: "after-removal", signal: "after remove" as const },
  ...around("eviction", "commit"),
];

/** Each repair looks for segments whose removal was interrupted, and removes them in one transaction. */
const tidied = around("tidying", "commit");

export const STORIES: Story[] = [
  {
    name: "create",
    points: [...around("row", "commit"), ...claimed],
    prepare: async () => {},
    act: create,
    recoveries: { again: { act: create }, repair: { act: repair, from: "after-row" } },
  },
  {
    name: "create-with-run",
    points: [...around("row", "commit"), ...claimed],
    prepare: async () => {},
    act: createWithRun,
    recoveries: {
      again: { act: both(createWithRun, repair) },
      repair: { act: repair, from: "after-row" },
    },
  },
  {
    name: "evict",
    points: [...around("order", "commit"), ...evicted],
    prepare: makeUsed,
    act: evict,
    recoveries: { again: { act: evict }, repair: { act: repair, from: "after-order" } },
  },
  {
    name: "gc",
    points: [...around("archiving", "commit"), ...around("deleting", "commit"), ...evicted],
    prepare: async (setup, ctx, subject) => {
      await makeUsed(setup, ctx, subject);
      await expire(ctx, subject.sessionId);
    },
    act: collectIt,
    recoveries: {
      again: { act: both(collectIt, repair) },
      collect: { act: collect },
      repair: { act: repair, from: "after-deleting" },
    },
  },
  {
    name: "gc-archives-first",
    isFolder: true,
    points: [
      ...around("archiving", "commit"),
      ...around("sight", "find"),
      ...around("emptiness", "isEmpty"),
      ...around("reach", "find"),
      ...around("youth", "write"),
      ...around("segment", "put"),
      ...around("segment-row", "write"),
      ...around("manifest", "commit"),
      ...around("deleting", "commit"),
      ...around("look", "find"),
      ...around("removal", "remove"),
      ...around("eviction", "commit"),
    ],
    prepare: async (_place, ctx, subject) => {
      await create(ctx, subject);
      await takeTurn(ctx, subject, ctx.volumes.folderOf(ctx.volumes.nameFor(subject.sessionId)) ?? "");
      await expire(ctx, subject.sessionId);
    },
    act: collectIt,
    recoveries: {
      again: { act: both(collectIt, repair) },
      collect: { act: collect },
      repair: { act: repair, from: "after-deleting" },
    },
  },
  {
    name: "restore",
    points: [...around("order", "commit"), ...claimed],
    prepare: async (setup, ctx, subject) => {
      await makeUsed(setup, ctx, subject);
      await evict(ctx, subject);
    },
    act: restore,
    recoveries: { again: { act: restore }, repair: { act: repair, from: "after-order" } },
  },
  {
    name: "fork",
    points: [
      ...around("order", "commit"),
      ...around("copy", "copy"),
      ...around("segment-row", "write"),
      ...around("copied", "write"),
      ...claimed,
    ],
    prepare: (setup, ctx, subject) => makeUsed(setup, ctx, forkSource(subject)),
    act: fork,
    recoveries: { again: { act: fork }, repair: { act: repair, from: "after-order" } },
  },
  {
    name: "restore-of-deleting",
    points: [...evicted, ...around("order", "commit"), ...claimed],
    prepare: leaveDeleting,
    act: restore,
    recoveries: {
      again: { act: restore },
      "repair-again": { act: both(repair, restore) },
      repair: { act: repair, from: "after-order" },
    },
  },
  {
    name: "repair-of-creating",
    points: [...claimed, ...tidied],
    prepare: async (_place, ctx, subject) => {
      await cutOff(create(failing(ctx, "ensure"), subject));
    },
    act: repair,
    recoveries: { repair: { act: repair }, create: { act: create } },
  },
  {
    name: "repair-of-deleting",
    points: [...evicted, ...tidied],
    prepare: leaveDeleting,
    act: repair,
    recoveries: { repair: { act: repair }, collect: { act: collect }, evict: { act: evict } },
  },
  {
    name: "repair-of-restoring",
    points: [...around("sight", "find"), ...claimed, ...tidied],
    prepare: async (setup, ctx, subject) => {
      await makeUsed(setup, ctx, subject);
      await evict(ctx, subject);
      await cutOff(restore(failing(ctx, "ensure"), subject));
    },
    act: repair,
    recoveries: { repair: { act: repair }, restore: { act: restore } },
  },
  {
    name: "repair-of-archiving",
    points: [...around("revival", "commit"), ...tidied],
    prepare: async (setup, ctx, subject) => {
      await makeUsed(setup, ctx, subject);
      await ctx.db
        .update(sessions)
        .set({ storageState: "archiving", pinnedAt: new Date() })
        .where(eq(sessions.sessionId, subject.sessionId));
    },
    act: repair,
    recoveries: { repair: { act: repair } },
  },
  {
    name: "purge",
    points: [
      ...around("look", "find"),
      { name: "before-removal", signal: "before remove" },
      ...around("deletion", "deleteClaim"),
      { name: "after-removal", signal: "after remove" },
      ...around("archive", "removeAll"),
      ...around("events", "commit"),
      ...around("no-more-events", "commit"),
      ...around("run", "commit"),
      ...around("uses", "commit"),
      ...around("images", "write"),
      ...around("emptying", "commit"),
    ],
    prepare: async (setup, ctx, subject) => {
      await makeUsed(setup, ctx, subject);
      await createWithRun(ctx, subject);
      await deleteSession(ctx, subject);
    },
    act: purge,
    recoveries: { again: { act: purge } },
  },
  {
    name: "adopt",
    points: [...around("key", "commit"), ...around("row", "commit")],
    prepare: async (_place, ctx, subject) => {
      await create(ctx, subject);
      await ctx.db.delete(sessions).where(eq(sessions.sessionId, subject.sessionId));
    },
    act: adopt,
    recoveries: { again: { act: unless(hasRow, adopt) }, repair: { act: repair, from: "after-row" } },
  },
];

export function getStory(name: string): Story {
  const story = STORIES.find((story) => story.name === name);
  if (!story) throw new Error(`there is no story ${name}`);
  return story;
}

function around(what: string, crossing: Crossing): KillPoint[] {
  return (["before", "after"] as const).map((when) => ({ name: `${when}-${what}`, signal: `${when} ${crossing}` }));
}

async function leaveDeleting(setup: FaultSetup, ctx: ServiceContext, subject: Subject): Promise<void> {
  await makeUsed(setup, ctx, subject);
  await cutOff(evict(failing(ctx, "find"), subject));
}

/** Makes a context whose volumes throw in this call, as if the process had ended there. What it committed before stays. */
function failing(ctx: ServiceContext, call: "ensure" | "find"): ServiceContext {
  return { ...ctx, volumes: { ...ctx.volumes, [call]: () => Promise.reject(new CutOff()) } };
}

class CutOff extends Error {}

async function cutOff(work: Promise<unknown>): Promise<void> {
  await work.then(
    () => {
      throw new Error("it was to be cut off, and went on");
    },
    (error: unknown) => {
      if (!(error instanceof CutOff)) throw error;
    },
  );
}
