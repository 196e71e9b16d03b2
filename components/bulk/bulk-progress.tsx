"use client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useEffect, useRef, useState } from "react";
import { useTRPC } from "@/components/trpc/client";
import { newestBulk } from "@/components/trpc/lists";
import { useHydratedNow } from "@/components/ui/time/clock";
import type { BulkAction } from "@/contract/bulk";
import type { BulkKind } from "@/contract/words";
import { CHANGED_LISTS } from "./changed-lists";
import { RECORD_NOUNS, wordsOf } from "./verbs";

// Most of the time nothing is done to many. Its place is kept: what moves under a hand takes its press away.
const BulkRow = dynamic(() => import("./bulk-row").then((module) => module.BulkRow), {
  ssr: false,
  loading: () => <li className="h-11 not-last:border-b" />,
});

/** What has ended is shown this much longer, unless somebody takes it away. */
const SHOWN_MS = 120_000;

/** Actions on many that are under way, or that have just ended; also those that began in another tab. */
export function BulkProgress({ kind }: { kind: BulkKind }) {
  const trpc = useTRPC();
  const nowMs = useHydratedNow();
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const bulks = useQuery(newestBulk(trpc, kind)).data?.items;
  useReadAnew(kind, bulks);
  const shown = (bulks ?? []).filter(
    (bulk) =>
      !dismissed.has(bulk.id) &&
      (bulk.endedAt === null || (nowMs !== null && nowMs - Date.parse(bulk.endedAt) < SHOWN_MS && !isAnnounced(bulk))),
  );
  if (shown.length === 0) return null;
  return (
    <ul aria-label={`Bulk actions on ${RECORD_NOUNS[kind]}s`} className="flex flex-col border-b bg-panel">
      {shown.map((bulk) => (
        <BulkRow
          key={bulk.id}
          bulk={bulk}
          listed={bulks ?? []}
          onDismiss={() => setDismissed(new Set([...dismissed, bulk.id]))}
        />
      ))}
    </ul>
  );
}

/** What is done at once has told of itself where it began, and has nothing to add unless some were refused. */
function isAnnounced({ kind, action, refused }: BulkAction): boolean {
  return wordsOf(kind, action).isAtOnce === true && refused === 0;
}

/** Reads the list again once an action that was seen under way, or that began and ended unseen, has ended. */
function useReadAnew(kind: BulkKind, bulks: readonly BulkAction[] | undefined): void {
  const trpc = useTRPC();
  const client = useQueryClient();
  const previousIds = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (bulks === undefined) return;
    const ended = bulks.filter(({ endedAt }) => endedAt !== null).map(({ id }) => id);
    const before = previousIds.current;
    previousIds.current = new Set([...(before ?? []), ...ended]);
    if (before !== null && ended.some((id) => !before.has(id)))
      for (const list of CHANGED_LISTS[kind]) void client.invalidateQueries({ queryKey: trpc[list].pathKey() });
  }, [bulks, client, kind, trpc]);
}
