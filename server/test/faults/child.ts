import process from "node:process";
import { type FaultSetup, openContext } from "./context";
import { getStory } from "./stories";
import { storyContext } from "./story-context";
import type { Subject } from "./subjects";
import { Tracer } from "./tracer";
import { inGroups } from "./trials";

/** A child's job: to be killed at one point of a story for each subject, or to recover after such a kill. */
export type ChildJob = {
  setup: FaultSetup;
  story: string;
} & (
  | { phase: "die"; targets: { subject: Subject; stopAt: string }[] }
  | { phase: "recover"; targets: { subject: Subject; recovery: string }[] }
);

/** So many that they meet, and so few that none waits for a connection. */
const AT_ONCE = 8;

const job: ChildJob = JSON.parse(process.argv[2] ?? "");
const story = getStory(job.story);
const { setup } = job;
const opened = openContext(setup);

if (job.phase === "die") {
  await inGroups(job.targets, AT_ONCE, ({ subject, stopAt }) => standAt(subject, stopAt));
  // All have stopped at their kill points: one SIGKILL ends them together.
  process.kill(process.pid, "SIGKILL");
} else {
  const recover = async ({ subject, recovery }: (typeof job.targets)[number]) => {
    const way = story.recoveries[recovery];
    if (!way) throw new Error(`${story.name} knows no recovery ${recovery}`);
    await way.act(storyContext(setup, opened, { story, subject }), subject);
  };
  await Promise.all(job.targets.filter(({ recovery }) => recovery !== "collect").map(recover));
  // Only one collection may run at a time.
  for (const target of job.targets.filter(({ recovery }) => recovery === "collect")) await recover(target);
  await opened[Symbol.asyncDispose]();
}

/** Resolves when the story has stopped at a point, with all that it holds there. */
function standAt(subject: Subject, stopAt: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tracer = new Tracer(story, stopAt, resolve);
    story.act(storyContext(setup, opened, { story, subject, tracer }), subject).then(() => {
      reject(new Error(`${story.name} never came to ${stopAt}`));
    }, reject);
  });
}
