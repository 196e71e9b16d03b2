import { formatBytes, formatPlural, sentence } from "@/components/ui/format";
import type { GcHistoryEntry, GcReport, StorageSummary } from "@/contract/storage";
import type { StorageState } from "@/contract/words";

/** What a state means, for who has not read the documentation. */
export const STATE_MEANING: Record<StorageState, string> = {
  none: "No volume. Nothing of the conversation outlives its run.",
  creating: "The volume is being created. A failed attempt is retried.",
  live: "The volume holds the conversation and the workspace.",
  archiving: "Expired. Changes are being archived before the volume is removed.",
  deleting: "The volume is being removed.",
  evicted: "The volume was removed.",
  restoring: "A new volume is ready. The next turn's runner restores it from the archive before its agent starts.",
};

/** The same of one session, where there is more to say. */
export function explainState(summary: Pick<StorageSummary, "storageState" | "restorable">): string {
  const meaning = STATE_MEANING[summary.storageState];
  if (summary.storageState !== "evicted") return meaning;
  return summary.restorable
    ? `${meaning} Restore it from the archive to continue the conversation.`
    : `${meaning} There is no archive, so the conversation can only be read.`;
}

/** The way that a volume goes, in order, and the way back. */
export const LIFECYCLE = ["live", "archiving", "deleting", "evicted"] as const satisfies StorageState[];

/** A sentence for a keeper's reason, which the server gives as `word: details`. */
const KEEPERS: Record<string, string> = {
  pinned: "Pinned",
  "not-expired": "Not expired",
};

export function explainKeeper(keeper: string): string {
  const explanation = KEEPERS[keeper];
  if (explanation !== undefined) return explanation;
  const split = keeper.indexOf(": ");
  if (split === -1) return keeper;
  const reasonText = keeper.slice(split + 2);
  return `${sentence(reasonText)}${reasonText.endsWith(".") ? "" : "."}`;
}

/** The word that a reason starts with: what rows that are kept for the same reason share. */
export function reasonWord(reason: string): string {
  return reason.split(/[:,;]/, 1)[0]?.trim() || reason;
}

export type Loss = { isSafe: boolean; text: string };
type Archived = Pick<StorageSummary, "restorable" | "isArchiveCurrent" | "filesCount" | "sizeBytes">;

/** What an eviction takes for good. Nothing when the archive holds the volume's last turn. */
export function explainLoss(summary: Archived): Loss {
  if (summary.restorable && summary.isArchiveCurrent) {
    return { isSafe: true, text: "The archive holds the last turn. A restore brings everything back." };
  }
  if (summary.restorable) {
    return {
      isSafe: false,
      text: "The archive is older than the last turn. Anything since then is lost for good. A cleanup would archive it first.",
    };
  }
  if (summary.filesCount === 0)
    return { isSafe: true, text: "There is no archive. The volume was empty when last measured." };
  if (summary.filesCount === null) {
    return {
      isSafe: false,
      text: "There is no archive and the volume was never measured. Anything in it is lost for good.",
    };
  }
  return {
    isSafe: false,
    text: "There is no archive. The workspace and the agent's memory are lost for good. A cleanup would archive them first.",
  };
}

/** A clean-up that goes on being stopped says so every hour: what was said longer ago is over. */
const BREAKER_TOLD_MS = 2 * 3_600_000;

/** Why the clean-up has stopped itself, by the newest line of its history; null when it has not, or not any more. */
export function explainBreaker(
  newest: Pick<GcHistoryEntry, "at" | "breaker"> | undefined,
  nowMs: number,
): string | null {
  if (newest === undefined || newest.breaker === null) return null;
  // A pause is told of for as long as it lasts, and by its own words.
  if (newest.breaker.startsWith("gc-paused")) return null;
  if (nowMs - Date.parse(newest.at) > BREAKER_TOLD_MS) return null;
  return newest.breaker.replace(/^[a-z-]+: /, "");
}

/** What a clean-up did or would do, in one sentence: `Would evict 7 volumes and keep 93: 1.2 GB back.` */
export function explainTotals({ dryRun, totals }: Pick<GcReport, "dryRun" | "totals">): string {
  const { evicted, advanced, kept, hasMore } = totals;
  const steps = advanced.volumes === 0 ? "" : `, ${dryRun ? "move on" : "moved on"} ${advanced.volumes}`;
  const verbs = dryRun ? { lead: "Would evict", keep: "keep" } : { lead: "Evicted", keep: "kept" };
  const first = `${verbs.lead} ${formatPlural(evicted.volumes, "volume")}${steps} and ${verbs.keep} ${kept.volumes.toLocaleString("en")}`;
  const limitNote = hasMore ? " That is all that one run takes: others wait for the next." : "";
  return `${first}: ${formatBytes(evicted.bytes)} back.${limitNote}`;
}

export type VolumeAction = "pin" | "unpin" | "extend" | "archive" | "refresh" | "restore" | "fork" | "evict";
type ActionRecord = Pick<
  StorageSummary,
  "storageState" | "pinnedAt" | "restorable" | "collectableAt" | "isArchiveCurrent" | "activeRunId"
>;

/** Without a volume: what would be pinned, extended or evicted is not there. */
const HAS_VOLUME: ReadonlySet<StorageState> = new Set(["creating", "live", "archiving", "restoring"]);
/** Of a live one too: its volume may have been lost behind everybody's back. */
const RESTORED_FROM: ReadonlySet<StorageState> = new Set(["live", "archiving", "evicted"]);

const ARCHIVED_FROM: ReadonlySet<StorageState> = new Set(["live", "archiving"]);

/** What can be done to a session's storage as it stands. */
export function actionsOf(summary: ActionRecord): ReadonlySet<VolumeAction> {
  const actions = new Set<VolumeAction>();
  const hasVolume = HAS_VOLUME.has(summary.storageState);
  if (summary.pinnedAt !== null) actions.add("unpin");
  else if (hasVolume) actions.add("pin");
  if (hasVolume && summary.collectableAt !== null) actions.add("extend");
  // While a run works on it its own turns archive it.
  if (ARCHIVED_FROM.has(summary.storageState) && !summary.isArchiveCurrent && summary.activeRunId === null)
    actions.add("archive");
  // While one is restored it is its runner that says what came back, and that makes it live.
  if (summary.storageState === "live") actions.add("refresh");
  if (summary.restorable && RESTORED_FROM.has(summary.storageState)) actions.add("restore");
  if (summary.restorable) actions.add("fork");
  if (hasVolume) actions.add("evict");
  return actions;
}
