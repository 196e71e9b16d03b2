"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import {
  auditAddress,
  recordAddress,
  runAddress,
  runnerAddress,
  sessionAddress,
  storageAddress,
  taskAddress,
} from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { bulkResultPages } from "@/components/trpc/lists";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ListFoot } from "@/components/ui/list/list-states";
import { type Column, Table } from "@/components/ui/list/table";
import { Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import type { BulkAction, BulkResult } from "@/contract/bulk";
import type { BulkKind, BulkResultSort } from "@/contract/words";
import { RECORD_NOUNS } from "./verbs";

const RESULT_NAMES: Record<BulkResultSort | "all", string> = {
  all: "Processed",
  done: "Done",
  unchanged: "Unchanged",
  refused: "Rejected",
  waiting: "Not processed",
};
const EMPTY_TEXTS: Record<BulkResultSort | "all", string> = {
  all: "None processed yet.",
  done: "None done.",
  unchanged: "None unchanged.",
  refused: "None rejected.",
  waiting: "All processed.",
};

/** What became of each, in the order in which they are dealt with. */
export function BulkTargets({ bulk, of }: { bulk: BulkAction; of: BulkResultSort | "all" }) {
  const query = useInfiniteQuery(bulkResultPages(useTRPC(), bulk.id, of === "all" ? undefined : of));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Panel title={RESULT_NAMES[of]}>
      <QueryView query={query}>
        {() =>
          rows.length === 0 ? (
            <p className="p-4 text-sm text-ink-2">{EMPTY_TEXTS[of]}</p>
          ) : (
            <>
              <Table
                label={`Each ${RECORD_NOUNS[bulk.kind]}`}
                rows={rows}
                columns={columnsOf(bulk)}
                keyOf={({ targetId }) => targetId}
              />
              <ListFoot count={rows.length} noun={RECORD_NOUNS[bulk.kind]} query={query} />
            </>
          )
        }
      </QueryView>
    </Panel>
  );
}

const ADDRESS: Record<BulkKind, (id: string) => string> = {
  task: taskAddress,
  run: runAddress,
  session: sessionAddress,
  volume: storageAddress,
  approval: recordAddress,
  runner: runnerAddress,
};

const OUTCOMES = {
  done: { state: "completed", word: "Done" },
  unchanged: { state: "none", word: "Unchanged" },
  refused: { state: "failed", word: "Rejected" },
} as const;

/** The page of a target; of one that was deleted, what the audit log has of it. */
function addressOf({ kind, action }: BulkAction, { targetId, outcome }: BulkResult): string {
  const isGone = action === "delete" && (outcome === "done" || outcome === "unchanged");
  return isGone ? auditAddress(targetId) : ADDRESS[kind](targetId);
}

function columnsOf(bulk: BulkAction): Column<BulkResult>[] {
  return [
    {
      name: sentence(RECORD_NOUNS[bulk.kind]),
      isLead: true,
      className: "max-w-80",
      cell: (result) => (
        <span className="flex min-w-0 flex-col py-1">
          <Link
            href={addressOf(bulk, result)}
            prefetch={false}
            title={revealHidden(result.targetId)}
            className="truncate font-medium hover:underline"
          >
            {result.title === null || result.title === "" ? shortenId(result.targetId) : revealHidden(result.title)}
          </Link>
          <code className="text-2xs text-ink-3">{shortenId(result.targetId)}</code>
        </span>
      ),
    },
    {
      name: "Outcome",
      cell: ({ outcome }) =>
        outcome === null ? (
          <State isIconless state="waiting" word="Waiting" />
        ) : (
          <State isIconless {...OUTCOMES[outcome]} />
        ),
    },
    {
      name: "Details",
      className: "text-xs text-ink-2 max-sm:w-full",
      cell: ({ message, madeId }) => (
        <>
          {message !== null && <span className="wrap-anywhere">{revealHidden(message)}</span>}
          {madeId !== null && (
            <>
              created{" "}
              <Link
                href={recordAddress(madeId)}
                prefetch={false}
                title={madeId}
                className="font-mono text-accent hover:underline"
              >
                {shortenId(madeId)}
              </Link>
            </>
          )}
        </>
      ),
    },
  ];
}
