import { realpath } from "node:fs/promises";
import path from "node:path";
import type { WorkspaceRef } from "@/contract/run";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";

/**
 * Throws unless a `directory` workspace is on this machine, for runners on this machine, and below a folder that the
 * operator opened, with links resolved. The runner checks again when it takes the folder.
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

/** A folder that does not exist leads nowhere, and its run fails with that message. */
function realPathOf(folder: string): Promise<string> {
  return realpath(folder).catch(() => path.resolve(folder));
}
