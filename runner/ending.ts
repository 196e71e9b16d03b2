import type { FailureKind } from "@/contract/errors";
import { VolumeError, VolumeTakenError } from "@/volume";
import type { RunnerConfig } from "./config";
import { RefusedError } from "./control-plane";
import { describeUsage } from "./disk-usage";
import { AppServerExitedError, BackendFailedError, LeaseLostError } from "./errors";
import { WorkspaceError } from "./workspace";

/**
 * How an attempt ends. completed, failed and cancelled are reported to the server; released gives the run back for a
 * further attempt; lost reports nothing any more, because another holds the lease.
 */
export type Ending =
  | { kind: "completed" }
  | { kind: "failed"; failureKind: FailureKind; message: string }
  | { kind: "cancelled" }
  /** Drained: an operator wanted the runner to give way, which does not count as an attempt of the run. */
  | { kind: "released"; isDrained?: boolean }
  | { kind: "lost"; message: string };

/** Converts an unhandled error into the attempt's ending. Where a disk is full, the message says what fills it. */
export async function toEnding(
  error: unknown,
  folders: Pick<RunnerConfig, "volumeDir" | "scratchDir">,
): Promise<Ending> {
  const message = error instanceof Error ? error.message : String(error);
  if (isNoSpace(error)) {
    const { volumeDir, scratchDir } = folders;
    // This only helps a person: the ending is reported even without it.
    const usage = await describeUsage([
      ...(volumeDir === undefined ? [] : [{ name: "volume", dir: volumeDir }]),
      { name: "scratch", dir: scratchDir },
    ]).catch(() => "");
    const details = `The volume or the scratch folder is full: ${message}. ${usage}`.trimEnd();
    return { kind: "failed", failureKind: "storage-full", message: details };
  }
  if (error instanceof LeaseLostError || error instanceof VolumeTakenError) return { kind: "lost", message };
  if (error instanceof RefusedError && error.reason === "already-terminal") return { kind: "lost", message };
  if (error instanceof BackendFailedError) return { kind: "failed", failureKind: "backend-failed", message };
  if (error instanceof WorkspaceError)
    return { kind: "failed", failureKind: "infra-failed", message: `The workspace could not be prepared: ${message}` };
  if (error instanceof VolumeError) return { kind: "failed", failureKind: "infra-failed", message };
  return { kind: "failed", failureKind: "infra-failed", message: `The runner failed: ${message}` };
}

/**
 * Whether an error means a full disk: an error of this process, or the last words of a git or codex that died of it.
 */
export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  const isChildError = error instanceof AppServerExitedError || error instanceof WorkspaceError;
  return isChildError && /no space left on device|disk quota exceeded|\bos error 28\b/i.test(error.message);
}
