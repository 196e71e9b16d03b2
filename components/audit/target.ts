import { bulkAddress, recordAddress, runnerAddress, storageAddress } from "@/components/shell/addresses";
import type { AuditRow } from "@/contract/audit";

/** Kinds whose records have an id that is found by itself. */
const FOUND_BY_ID = new Set([
  "run",
  "command",
  "session",
  "task",
  "approval",
  "token",
  "webhook",
  "schedule",
  "budget",
]);

/** Where what was acted on is shown; null where it has no page, or none any more. */
export function targetAddress({ targetKind, targetId, details }: AuditRow): string | null {
  if (FOUND_BY_ID.has(targetKind)) return recordAddress(targetId);
  switch (targetKind) {
    case "bulk":
      return bulkAddress(targetId);
    case "runner":
      return runnerAddress(targetId);
    case "runner-job":
      return targetId.startsWith("rjob_") ? recordAddress(targetId) : null;
    case "archive":
      return typeof details.sessionId === "string" ? storageAddress(details.sessionId) : null;
    case "volume":
      return targetId === "all" ? "/storage?view=clean-up" : `/storage?search=${encodeURIComponent(targetId)}`;
    case "queue":
      return `/queue?queue=${encodeURIComponent(targetId.split("/")[0] ?? targetId)}`;
    case "backend":
      return "/backends";
    default:
      return null;
  }
}
