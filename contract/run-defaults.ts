import type { ExecutionPolicy, Run, WorkspaceRef } from "./run";
import type { Session } from "./session";

/** Returns what a new run of the session is made with: the settings of its last run, else those of the session. */
export async function runDefaults(
  session: Pick<Session, "metadata">,
  lastRun: Run | null,
): Promise<{ policy?: ExecutionPolicy; workspace?: WorkspaceRef }> {
  const stored = session.metadata.runDefaults as { executionPolicy?: unknown; workspaceRef?: unknown } | undefined;
  // Old rows may hold values that are no longer accepted. The schemas are imported only here because they are large.
  const schemas = await import("./run");
  const policy = schemas.ExecutionPolicy.safeParse(lastRun?.executionPolicy ?? stored?.executionPolicy);
  const workspace = schemas.WorkspaceRef.safeParse(lastRun?.workspaceRef ?? stored?.workspaceRef);
  return {
    ...(policy.success ? { policy: policy.data } : {}),
    ...(workspace.success ? { workspace: workspace.data } : {}),
  };
}
