import type { ExecutionPolicy, Run, WorkspaceRef } from "./run";
import type { Session } from "./session";

/** What a new run of the session is made with: as its last run, else as the session was set up. */
export async function runDefaults(
  session: Pick<Session, "metadata">,
  lastRun: Run | null,
): Promise<{ policy?: ExecutionPolicy; workspace?: WorkspaceRef }> {
  const stored = session.metadata.runDefaults as { executionPolicy?: unknown; workspaceRef?: unknown } | undefined;
  // Old rows may hold what is no longer taken. The schemas come only when they are needed: they are no small load.
  const schemas = await import("./run");
  const policy = schemas.ExecutionPolicy.safeParse(lastRun?.executionPolicy ?? stored?.executionPolicy);
  const workspace = schemas.WorkspaceRef.safeParse(lastRun?.workspaceRef ?? stored?.workspaceRef);
  return {
    ...(policy.success ? { policy: policy.data } : {}),
    ...(workspace.success ? { workspace: workspace.data } : {}),
  };
}
