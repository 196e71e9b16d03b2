import path from "node:path";
import type { WorkspaceRef } from "@/contract/run";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";

/** A folder of this machine only makes sense for runners on it, and only below what the operator opened. */
export function checkWorkspace(ctx: ServiceContext, workspace: WorkspaceRef): void {
  if (workspace.kind !== "directory") return;
  if (ctx.settings.executor !== "local")
    throw new InvalidInputError("workspaceRef: a directory needs the local executor");
  const folder = path.resolve(workspace.path);
  const isAllowed = ctx.settings.workspaceRoots.some(
    (root) => folder === root || folder.startsWith(`${root}${path.sep}`),
  );
  if (!isAllowed) {
    throw new InvalidInputError(
      "workspaceRef: the directory is not below a folder that AGENTRUN_WORKSPACE_ROOTS allows",
    );
  }
}
