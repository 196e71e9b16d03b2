import { and, type SQL, sql } from "drizzle-orm";
import { BulkRunnerFilter, type BulkVerb } from "@/contract/bulk";
import type { Runner } from "@/contract/runner";
import { isHeld, RUNNERS_JOINED, runnerState } from "@/db/queries/runner-state";
import { runnerJobs, runners, runs } from "@/db/schema";
import { drainRunner, getRunner, matchesRunners, resumeRunner, revokeRunner } from "@/server/runners";
import { DONE, type Kind, UNCHANGED } from "./kind";
import { ENDED, firstReason, isSelected, RUN_TITLE } from "./selected";

export const RUNNERS: Kind = {
  source(ctx, selection) {
    const filter = selection.filter === undefined ? {} : BulkRunnerFilter.parse(selection.filter);
    const columns = { ...runners, projectId: runs.projectId, createdAt: runners.registeredAt };
    return {
      from: RUNNERS_JOINED,
      matches: and(isSelected(ctx, columns, selection), matchesRunners(ctx, filter)),
      id: sql`${runners.id}`,
      title: RUN_TITLE,
      order: [
        { key: sql`${runners.registeredAt}`, isDescending: true },
        { key: sql`${runners.id}`, isDescending: true },
      ],
    };
  },
  skip: (_ctx, { action }) => firstReason(skipsOf(action)),
  async act(ctx, { targetId: runnerId, action, reason }) {
    const runner = await getRunner(ctx, { runnerId });
    if (isAlreadyDone(runner, action)) return UNCHANGED;
    const order = { runnerId, ...(reason === null ? {} : { reason }) };
    if (action === "drain") await drainRunner(ctx, order);
    else if (action === "resume") await resumeRunner(ctx, order);
    else await revokeRunner(ctx, order);
    return DONE;
  },
};

const HAS_ENDED = sql`${runnerState} = 'ended'`;
/** Reasons for which the order itself would be refused: a runner that has given up its run cannot be steered. */
const TOO_LATE: [SQL, string][] = [
  [sql`${runnerState} = 'lost'`, "its run is being taken from it"],
  [sql`not ${isHeld} and ${runners.leaseEpoch} is not null`, "its run has ended or gone on"],
];

function skipsOf(action: BulkVerb): [SQL, string][] {
  switch (action) {
    case "drain":
      return [[HAS_ENDED, ENDED], [sql`${runners.drain} is not null`, "it is being drained already"], ...TOO_LATE];
    case "resume": {
      // A runner that somebody else started returns under its name, and would be refused its next run for ever.
      const hasLiveJob = sql`${runnerJobs.id} is not null`;
      return [
        [sql`${runners.drain} is null`, "it is not being drained"],
        ...[[HAS_ENDED, ENDED] as [SQL, string], ...TOO_LATE].map(([condition, reason]): [SQL, string] => [
          sql`${hasLiveJob} and (${condition})`,
          reason,
        ]),
      ];
    }
    default:
      return [
        [HAS_ENDED, ENDED],
        [sql`not ${isHeld}`, "it holds no run, and its token is good for nothing else"],
        [sql`${runs.leaseState} = 'fencing'`, "its run is being taken from it"],
      ];
  }
}

/** Whether a runner already is in the state that the action would bring about. */
function isAlreadyDone({ drain, run, state }: Runner, action: BulkVerb): boolean {
  if (action === "drain") return drain !== null && state !== "ended";
  if (action === "resume") return drain === null;
  return run?.isHeld === true && run.leaseState === "fencing";
}
