import type { FailureKind } from "@/contract/errors";
import { VolumeError, VolumeTakenError } from "@/volume";
import { RefusedError } from "./control-plane";
import { BackendFailedError, LeaseLostError } from "./errors";
import { WorkspaceError } from "./workspace";

/**
 * How an attempt ends. completed, failed and cancelled are said to the server; released gives the run back for a
 * further attempt; lost says nothing any more, because the lease is another's.
 */
export type Ending =
  | { kind: "completed" }
  | { kind: "failed"; failureKind: FailureKind; message: string }
  | { kind: "cancelled" }
  | { kind: "released" }
  | { kind: "lost"; message: string };

/** What an error that nobody handled means for the attempt. */
export function endingOf(error: unknown): Ending {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof LeaseLostError || error instanceof VolumeTakenError) return { kind: "lost", message };
  if (error instanceof RefusedError && error.reason === "already-terminal") return { kind: "lost", message };
  if (error instanceof BackendFailedError) return { kind: "failed", failureKind: "backend-failed", message };
  if (error instanceof WorkspaceError)
    return { kind: "failed", failureKind: "infra-failed", message: `The workspace could not be prepared: ${message}` };
  if (error instanceof VolumeError) return { kind: "failed", failureKind: "infra-failed", message };
  if (isNoSpace(error))
    return {
      kind: "failed",
      failureKind: "storage-full",
      message: `The volume or the scratch folder is full: ${message}`,
    };
  return { kind: "failed", failureKind: "infra-failed", message: `The runner failed: ${message}` };
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}
