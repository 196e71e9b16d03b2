import { constants } from "node:fs";
import { access } from "node:fs/promises";
import type { ExecutionPolicy } from "@/contract/run";
import { BackendFailedError } from "./errors";

type Sandbox = NonNullable<ExecutionPolicy["sandbox"]>;

/**
 * Returns the sandbox that codex is told to use. In a pod codex cannot make its own, and every command would fail;
 * there the pod's mounts and network rules enforce the policy. A policy that the pod does not enforce is refused.
 */
export async function sandboxFor(requested: Sandbox, environment: { isPod: boolean; cwd: string }): Promise<Sandbox> {
  if (!environment.isPod) return requested;
  if (requested === "read-only" && !(await isReadOnly(environment.cwd))) {
    throw new BackendFailedError(
      "a read-only run was started in a pod whose workspace can be written: its Job was not made by this release of AgentRun. Deploy worker and runner of one release.",
    );
  }
  return "danger-full-access";
}

/** Whether the file system itself refuses every write to the folder. */
async function isReadOnly(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === "EROFS",
  );
}
