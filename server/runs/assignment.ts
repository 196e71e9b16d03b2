import { and, asc, eq, lt } from "drizzle-orm";
import { BACKEND_PROTOCOL, DEMO_PROFILE } from "@/contract/backend";
import { attachmentsIn } from "@/contract/image";
import type { Assignment } from "@/contract/run";
import type { RunWithSession } from "@/db/queries/lock";
import { commands, type RunRow } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { policyOf } from "./policy";

const DEMO_MODEL = "agentrun-demo";

/** Returns what a runner needs to start its agent, as part of the claim's answer. */
export async function assignmentOf(
  ctx: TxContext,
  { run, session }: RunWithSession,
  grant: { modelToken: string; leaseMs: number },
): Promise<Assignment> {
  const profile = run.backendProfile;
  const isDemo = profile === DEMO_PROFILE;
  const model = policyOf(run).model ?? (isDemo ? DEMO_MODEL : ctx.settings.backends[profile]?.model) ?? profile;
  return {
    session: session && {
      sessionId: session.sessionId,
      threadId: session.threadId,
      codexRolloutSubdir: session.codexRolloutSubdir,
    },
    backend: { profile, model, protocol: BACKEND_PROTOCOL },
    modelBaseUrl: `${ctx.settings.runnerUrl}/api/model/${encodeURIComponent(profile)}/v1`,
    modelToken: grant.modelToken,
    leaseMs: grant.leaseMs,
    selfFence: ctx.settings.executor === "none",
    restore:
      session?.storageState === "restoring" && session.restoreManifestId
        ? { manifestId: session.restoreManifestId }
        : null,
    cutOffTurn: await cutOffTurn(ctx, run),
    isDemo,
    hearsVitals: true,
    takesOutput: true,
  };
}

/**
 * Returns the turn that was sent to an earlier attempt, never ended, and left open by the policy `continue`; null:
 * there is none.
 */
async function cutOffTurn(ctx: TxContext, run: RunRow): Promise<Assignment["cutOffTurn"]> {
  const [turn] = await ctx.db
    .select({ id: commands.id, payload: commands.payload })
    .from(commands)
    .where(
      and(
        eq(commands.runId, run.id),
        eq(commands.type, "turn"),
        eq(commands.state, "acknowledged"),
        lt(commands.leaseEpoch, run.leaseEpoch),
      ),
    )
    .orderBy(asc(commands.seq))
    .limit(1);
  if (!turn) return null;
  const { text = "", outputSchema } = turn.payload;
  const attachments = attachmentsIn(turn.payload);
  return {
    commandId: turn.id,
    text: String(text),
    ...(outputSchema === undefined ? {} : { outputSchema: outputSchema as Record<string, unknown> }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}
