import type { GcEntry } from "@/contract/storage";
import { reasonWord } from "./explain";

export type ReasonGroup = { reason: string; entries: GcEntry[] };

/** Entries by what their reasons have in common, the most first; a group of one reason alone has it whole. */
export function groupByReason(entries: readonly GcEntry[]): ReasonGroup[] {
  const groups = new Map<string, GcEntry[]>();
  for (const entry of entries) {
    // A reason's details follow its word and a colon; without them it is the same for every row.
    const word = entry.reason.includes(": ") ? reasonWord(entry.reason) : entry.reason;
    groups.set(word, [...(groups.get(word) ?? []), entry]);
  }
  return [...groups]
    .map(([word, members]) => {
      const [first] = members;
      const isSame = first !== undefined && members.every((member) => member.reason === first.reason);
      return { reason: isSame ? first.reason : word, entries: members };
    })
    .sort((a, b) => b.entries.length - a.entries.length);
}
