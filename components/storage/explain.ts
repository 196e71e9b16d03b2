import { formatBytes, formatPlural, sentence } from "@/components/ui/format";
import type { GcHistoryEntry, GcReport, StorageSummary } from "@/contract/storage";
import type { StorageState } from "@/contract/words";

/** What a state means, for who has not read the documentation. */
export const STATE_MEANING: Record<StorageState, string> = {
  none: "This session has no volume: nothing of its conversation outlives its run.",
  creating: "The volume is being made; where that fails it is tried again by itself.",
  live: "The volume is there, and holds the conversation's rollouts and the workspace.",
  archiving: "It has expired. What changed is being copied to the archive, before the volume may go.",
  deleting: "The volume is being removed. Nothing but its eviction can follow.",
  evicted: "The volume was removed.",
  restoring:
    "A new volume is there; the next turn's runner fills it from the archive and verifies it before its agent starts.",
};

/** The same of one session, where there is more to say. */
export function explainState(summary: Pick<StorageSummary, "storageState" | "restorable">): string {
  const meaning = STATE_MEANING[summary.storageState];
  if (summary.storageState !== "evicted") return meaning;
  return summary.restorable
    ? `${meaning} The archive brings it back: restore it, then the conversation goes on.`
    : `${meaning} No archive is there: the conversation can be read, and not gone on with.`;
}

/** The way that a volume goes, in order, and the way back. */
export const LIFECYCLE = ["live", "archiving", "deleting", "evicted"] as const satisfies StorageState[];

/** A sentence for a keeper's reason, which the server gives as `word: details`. */
const KEEPERS: Record<string, string> = {
  pinned: "It is pinned.",
  "not-expired": "It has not expired.",
};

export function explainKeeper(keeper: string): string {
  const known = KEEPERS[keeper];
  if (known !== undefined) return known;
  const split = keeper.indexOf(": ");
  if (split === -1) return keeper;
  const words = keeper.slice(split + 2);
  return `${sentence(words)}${words.endsWith(".") ? "" : "."}`;
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
    return { isSafe: true, text: "The archive holds the last turn: a restore brings it back." };
  }
  if (summary.restorable) {
    return {
      isSafe: false,
      text: "The archive is older than the last turn: what the agent did since is lost for good. A clean-up would archive it first.",
    };
  }
  if (summary.filesCount === 0)
    return { isSafe: true, text: "No archive is there; the volume was empty when measured." };
  if (summary.filesCount === null) {
    return {
      isSafe: false,
      text: "No archive is there, and nobody measured the volume: what it may hold is lost for good.",
    };
  }
  return {
    isSafe: false,
    text: "There is no archive: the workspace and what the agent remembers are lost for good. A clean-up would archive it first.",
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
  const words = dryRun ? { lead: "Would evict", keep: "keep" } : { lead: "Evicted", keep: "kept" };
  const first = `${words.lead} ${formatPlural(evicted.volumes, "volume")}${steps} and ${words.keep} ${kept.volumes.toLocaleString("en")}`;
  const more = hasMore ? " That is all that one run takes: others wait for the next." : "";
  return `${first}: ${formatBytes(evicted.bytes)} back.${more}`;
}

export type VolumeAction = "pin" | "unpin" | "extend" | "archive" | "refresh" | "restore" | "fork" | "evict";
type Acted = Pick<
  StorageSummary,
  "storageState" | "pinnedAt" | "restorable" | "collectableAt" | "isArchiveCurrent" | "activeRunId"
>;

/** Without a volume: what would be pinned, extended or evicted is not there. */
const HAS_VOLUME: ReadonlySet<StorageState> = new Set(["creating", "live", "archiving", "restoring"]);
/** Of a live one too: its volume may have been lost behind everybody's back. */
const RESTORED_FROM: ReadonlySet<StorageState> = new Set(["live", "archiving", "evicted"]);

const ARCHIVED_FROM: ReadonlySet<StorageState> = new Set(["live", "archiving"]);

/** What can be done to a session's storage as it stands. */
export function actionsOf(summary: Acted): ReadonlySet<VolumeAction> {
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
