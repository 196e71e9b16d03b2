import { realpath } from "node:fs/promises";
import path from "node:path";
import type { WorkspaceRef } from "@/contract/run";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";

/**
 * A folder of this machine only makes sense for runners on it, and only below what the operator opened: no link may
 * lead out. The runner looks again when it takes the folder.
 */
export async function checkWorkspace(ctx: ServiceContext, workspace: WorkspaceRef): Promise<void> {
  if (workspace.kind !== "directory") return;
  if (ctx.settings.executor !== "local")
    throw new InvalidInputError("workspaceRef: a directory needs the local executor");
  const folder = await realPathOf(workspace.path);
  const roots = await Promise.all(ctx.settings.workspaceRoots.map(realPathOf));
  if (!roots.some((root) => folder === root || folder.startsWith(`${root}${path.sep}`))) {
    throw new InvalidInputError(
      "workspaceRef: the directory is not below a folder that AGENTRUN_WORKSPACE_ROOTS allows",
    );
  }
}

/** A folder that is not there leads nowhere, and its run fails with that word. */
function realPathOf(folder: string): Promise<string> {
  return realpath(folder).catch(() => path.resolve(folder));
}
