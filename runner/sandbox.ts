import type { ExecutionPolicy } from "@/contract/run";
import { BackendFailedError } from "./errors";

type Sandbox = NonNullable<ExecutionPolicy["sandbox"]>;

/**
 * The sandbox that codex is told to use. In a pod codex's own cannot be made, and every command would fail: there the
 * pod keeps what the policy promises, its network rules included. What a pod does not keep yet is refused, not ignored.
 */
export function sandboxFor(wanted: Sandbox, isPod: boolean): Sandbox {
  if (!isPod) return wanted;
  if (wanted === "read-only") {
    throw new BackendFailedError(
      "a read-only run cannot be kept on Kubernetes yet: a pod's volume can be written. Use workspace-write, or a local executor.",
    );
  }
  return "danger-full-access";
}
