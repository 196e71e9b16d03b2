import type { UsageOf } from "@/contract/usage";
import { type CallsOf, sumCalls } from "@/db/queries/usage/sum-usage";
import { type ServiceContext, tenantOf } from "@/server/context";
import { getTask } from "@/server/queue";
import { getRun } from "@/server/runs";
import { requireSession } from "@/server/sessions";
import { totalsOf } from "./totals";

/** Sums up the calls of a run, as long as the run exists. */
export async function usageOfRun(ctx: ServiceContext, { runId }: { runId: string }): Promise<UsageOf> {
  await getRun(ctx, { runId });
  return usageOf(ctx, { runId });
}

/** Sums up the calls of a session's runs. When retention removes a run, its calls are removed too. */
export async function usageOfSession(ctx: ServiceContext, { sessionId }: { sessionId: string }): Promise<UsageOf> {
  await requireSession(ctx, sessionId);
  return usageOf(ctx, { sessionId });
}

/** Sums up the calls of all attempts of a task. */
export async function usageOfTask(ctx: ServiceContext, { taskId }: { taskId: string }): Promise<UsageOf> {
  await getTask(ctx, { taskId });
  return usageOf(ctx, { taskId });
}

async function usageOf(ctx: ServiceContext, of: CallsOf): Promise<UsageOf> {
  const rows = await sumCalls(ctx.db, of, tenantOf(ctx));
  const models = new Map<string, typeof rows>();
  for (const row of rows) {
    const key = JSON.stringify([row.backendProfile, row.model]);
    models.set(key, [...(models.get(key) ?? []), row]);
  }
  const items = [...models.values()].map((sums) => ({
    backendProfile: sums[0]?.backendProfile ?? "",
    model: sums[0]?.model ?? "",
    usage: totalsOf(sums),
  }));
  items.sort((a, b) => tokensOf(b) - tokensOf(a) || (a.model < b.model ? -1 : 1));
  return { total: totalsOf(rows), models: items };
}

function tokensOf({ usage }: UsageOf["models"][number]): number {
  return usage.inputTokens + usage.outputTokens;
}
