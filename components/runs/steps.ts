import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import type { TimelinePage } from "@/contract/timeline";
import { isTerminal } from "@/contract/words";

/** One step of a run's life; without an instant it lies ahead. */
export type Step = { name: string; state: "done" | "now" | "ahead" | "bad"; at: string | null; note?: string };

type StepFacts = {
  run: Run;
  /** Its timeline's beginning. */
  spans: TimelinePage["spans"];
  commands: readonly Pick<Command, "type" | "state" | "acknowledgedAt">[];
};

/** How far a run has come: queued, launched, claimed, its turns, ended. What was not needed is left out once it is over. */
export function stepsOf({ run, spans, commands }: StepFacts): Step[] {
  const hasEnded = isTerminal(run.status);
  const launch = spans.findLast((span) => span.kind === "launch");
  const attempt = spans.findLast((span) => span.kind === "attempt");
  const turns = commands.filter((command) => command.type === "turn");
  const startedTurns = turns.filter((turn) => turn.acknowledgedAt !== null);
  const lastTurn = startedTurns.at(-1);
  const isClaimed = run.status === "claimed" || (hasEnded && attempt !== undefined);
  const isAtTurn = run.status === "claimed" && lastTurn?.state === "acknowledged";

  const steps: Step[] = [{ name: "Queued", state: "done", at: run.createdAt }];
  // A runner of somebody else's is launched by them.
  if (launch !== undefined || (!hasEnded && attempt === undefined))
    steps.push({
      ...{ name: "Launched", state: launch === undefined ? (run.status === "pending" ? "now" : "ahead") : "done" },
      at: launch?.startedAt ?? null,
    });
  steps.push({
    name: "Claimed",
    state: isClaimed ? "done" : run.status === "pending" && launch !== undefined ? "now" : "ahead",
    at: isClaimed ? (attempt?.startedAt ?? null) : null,
    ...(run.attemptCount > 1 ? { note: `attempt ${run.attemptCount}` } : {}),
  });
  steps.push({
    name: turns.length > 1 ? `Turn ${Math.max(startedTurns.length, 1)} of ${turns.length}` : "Turn",
    state: lastTurn === undefined ? "ahead" : lastTurn.state === "failed" ? "bad" : isAtTurn ? "now" : "done",
    at: lastTurn?.acknowledgedAt ?? null,
    ...(lastTurn === undefined || lastTurn.state === "acknowledged" ? {} : { note: lastTurn.state }),
  });
  steps.push({
    name: hasEnded ? "Ended" : "End",
    state: !hasEnded ? "ahead" : run.status === "failed" ? "bad" : "done",
    at: hasEnded ? run.updatedAt : null,
    ...(hasEnded ? { note: run.status } : {}),
  });
  return hasEnded ? steps.filter((step) => step.at !== null) : steps;
}
