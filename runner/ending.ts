import type { FailureKind } from "@/contract/errors";
import { VolumeError, VolumeTakenError } from "@/volume";
import type { RunnerConfig } from "./config";
import { RefusedError } from "./control-plane";
import { AppServerExitedError, BackendFailedError, LeaseLostError } from "./errors";
import { describeUsage } from "./usage";
import { WorkspaceError } from "./workspace";

/**
 * How an attempt ends. completed, failed and cancelled are said to the server; released gives the run back for a
 * further attempt; lost says nothing any more, because the lease is another's.
 */
export type Ending =
  | { kind: "completed" }
  | { kind: "failed"; failureKind: FailureKind; message: string }
  | { kind: "cancelled" }
  /** Drained: an operator wanted it to give way, which is no attempt of the run's. */
  | { kind: "released"; isDrained?: boolean }
  | { kind: "lost"; message: string };

/** What an error that nobody handled means for the attempt. Where a disk is full, it says what fills it. */
export async function endingOf(
  error: unknown,
  places: Pick<RunnerConfig, "volumeDir" | "scratchDir">,
): Promise<Ending> {
  const message = error instanceof Error ? error.message : String(error);
  if (isNoSpace(error)) {
    const { volumeDir, scratchDir } = places;
    // A help for a person, without which the end is said all the same.
    const usage = await describeUsage([
      ...(volumeDir === undefined ? [] : [{ name: "volume", dir: volumeDir }]),
      { name: "scratch", dir: scratchDir },
    ]).catch(() => "");
    const full = `The volume or the scratch folder is full: ${message}. ${usage}`.trimEnd();
    return { kind: "failed", failureKind: "storage-full", message: full };
  }
  if (error instanceof LeaseLostError || error instanceof VolumeTakenError) return { kind: "lost", message };
  if (error instanceof RefusedError && error.reason === "already-terminal") return { kind: "lost", message };
  if (error instanceof BackendFailedError) return { kind: "failed", failureKind: "backend-failed", message };
  if (error instanceof WorkspaceError)
    return { kind: "failed", failureKind: "infra-failed", message: `The workspace could not be prepared: ${message}` };
  if (error instanceof VolumeError) return { kind: "failed", failureKind: "infra-failed", message };
  return { kind: "failed", failureKind: "infra-failed", message: `The runner failed: ${message}` };
}

/** Ours, or what git or a codex that died of it said last. */
export function isNoSpace(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return true;
  const isOfChild = error instanceof AppServerExitedError || error instanceof WorkspaceError;
  return isOfChild && /no space left on device|disk quota exceeded|\bos error 28\b/i.test(error.message);
}
