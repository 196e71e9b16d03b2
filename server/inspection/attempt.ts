import { and, desc, eq } from "drizzle-orm";
import type { RunJobSource } from "@/contract/words";
import { type AttemptRemainsRow, type RunnerJobRow, runnerJobs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { launchWaitOf } from "@/server/runners";
import { getRun } from "@/server/runs";
import { findRemains } from "./remains";

type Attempt = Pick<RunnerJobRow, "attemptId" | "state" | "image" | "result">;

/** Where something about an attempt was read, and what that means in words. */
export type InspectionSource<Live> = {
  attemptId: string | null;
  source: RunJobSource;
  note: string;
  at: Date;
  live: Live | null;
  remains: AttemptRemainsRow | null;
};

/**
 * Finds what can be read of a run's attempt: the named one, else the newest. A live attempt is read from the executor,
 * an ended one from what was kept.
 */
export async function findInspectionSource<Live>(
  ctx: ServiceContext,
  input: { runId: string; attemptId?: string | undefined },
  readLive: (attemptId: string) => Promise<Live | null>,
): Promise<InspectionSource<Live>> {
  const attempt = await findAttempt(ctx, input);
  const empty = { at: new Date(), live: null, remains: null };
  if (attempt === null) return { ...empty, attemptId: null, source: "none", note: noAttemptNote(ctx) };
  const { attemptId } = attempt;
  if (attempt.image === "none") return { ...empty, attemptId, source: "none", note: NOTE_STARTED_ELSEWHERE };
  const isLive = attempt.state === "launching" || attempt.state === "running";
  // Without an executor no worker answers either.
  if (isLive && ctx.settings.executor !== "none") {
    const live = await readLive(attemptId);
    if (live !== null) return { ...empty, attemptId, live, source: "live", note: "Read just now." };
  }
  const stored = await findRemains(ctx, attemptId);
  if (stored !== null)
    return { ...empty, attemptId, remains: stored, at: stored.keptAt, source: "kept", note: NOTE_STORED };
  return { ...empty, attemptId, source: "gone", note: goneNote(attempt) };
}

const NOTE_STARTED_ELSEWHERE = "Its runner was started by somebody else: nothing is known here of its process.";
const NOTE_STORED = "The attempt has ended. This was saved when it did.";

function noAttemptNote(ctx: ServiceContext): string {
  return ctx.settings.executor === "none" ? NOTE_STARTED_ELSEWHERE : "No runner was started for it yet.";
}

function goneNote(attempt: Attempt): string {
  const { state } = attempt;
  if (state === "launching") {
    const launchWait = launchWaitOf(attempt);
    return launchWait === null
      ? "It is being launched: nothing of it is there yet."
      : `It could not be launched yet, and is tried again: ${launchWait.message}`;
  }
  if (state === "running") return "Nothing of it is there any more; its end is about to be noted.";
  return "It is gone, and nothing was kept of it: it ended before anything ran, or nobody was there to look.";
}

/** Returns an attempt of the run; null: the run has none. */
async function findAttempt(
  ctx: ServiceContext,
  { runId, attemptId }: { runId: string; attemptId?: string | undefined },
): Promise<Attempt | null> {
  // The run's tenant decides who may look.
  await getRun(ctx, { runId });
  const [found] = await ctx.db
    .select({
      attemptId: runnerJobs.attemptId,
      state: runnerJobs.state,
      image: runnerJobs.image,
      result: runnerJobs.result,
    })
    .from(runnerJobs)
    .where(and(eq(runnerJobs.runId, runId), attemptId === undefined ? undefined : eq(runnerJobs.attemptId, attemptId)))
    .orderBy(desc(runnerJobs.createdAt), desc(runnerJobs.id))
    .limit(1);
  if (!found && attemptId !== undefined) throw new NotFoundError("attempt", attemptId);
  return found ?? null;
}
