import type { AttemptDetails, RunJob, RunJobInput } from "@/contract/run-job";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { askWorker } from "./ask";
import { findInspectionSource } from "./attempt";

/** Returns what is known of the Job and pod, or the process, of a run's attempt. */
export async function readRunJob(ctx: ServiceContext, input: RunJobInput): Promise<RunJob> {
  const { live, remains, at, ...origin } = await findInspectionSource(
    ctx,
    input,
    async (attemptId): Promise<AttemptDetails | null> => {
      const answer = await askWorker(ctx, { attemptId, ask: { what: "details" } });
      return answer.what === "details" ? answer.details : null;
    },
  );
  return {
    runId: input.runId,
    executor: ctx.settings.executor,
    ...origin,
    asOf: iso(at),
    details: live ?? remains?.details ?? null,
  };
}
