"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import type { ReactNode } from "react";
import { auditAddress, bulkAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { useTRPC } from "@/components/trpc/client";
import { Id } from "@/components/ui/copy";
import { formatDuration, formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Fact, Facts, Panel } from "@/components/ui/page";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import type { BulkAction, BulkOutcomes } from "@/contract/bulk";
import { BULK_KEPT_DAYS } from "@/contract/words";
import { RECORD_NOUNS } from "./verbs";

/** Which were meant, who asked, what it was told, and what it follows or is followed by. */
export function BulkFacts({ bulk, outcomes }: { bulk: BulkAction; outcomes: BulkOutcomes | undefined }) {
  const facts: Fact[] = [
    ["ID", <Id key="i" id={bulk.id} />],
    ["Started by", operatorName(bulk.createdBy)],
    ["Scope", `${bulk.tenantId ?? "all tenants"} / ${bulk.projectId ?? "all projects"}`],
    ["Started", <Time key="a" at={bulk.createdAt} />],
    ["Ended", bulk.endedAt === null ? null : <Time key="e" at={bulk.endedAt} />],
    ["Duration", <Duration key="t" from={bulk.createdAt} to={bulk.endedAt} />],
    ...paramsOf(bulk),
    ["Reason", revealHidden(bulk.reason)],
    ["Retried by", toBulk(outcomes?.retriedById)],
    ["Undone by", toBulk(outcomes?.undoneById)],
    [
      "Kept",
      outcomes?.keptUntil == null ? (
        `${BULK_KEPT_DAYS} days after it ends`
      ) : (
        <span key="k">
          deleted <Countdown to={outcomes.keptUntil} />
        </span>
      ),
    ],
    [
      "Activity",
      <Link key="r" href={auditAddress(bulk.id)} className="text-accent hover:underline">
        View audit log
      </Link>,
    ],
  ];
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Details">
        <Facts className="p-4" items={facts} />
      </Panel>
      <Panel title="Selection">
        <TargetFacts bulk={bulk} />
      </Panel>
    </div>
  );
}

/** The filter as the list was asked by it, or that they were chosen, or what they are of another action. */
function TargetFacts({ bulk }: { bulk: BulkAction }) {
  const { filter, sourceId, total, kind } = bulk;
  const many = formatPlural(total, RECORD_NOUNS[kind]);
  if (sourceId !== null) return <OfAnother bulk={bulk} sourceId={sourceId} many={many} />;
  if (filter === null) return <p className="p-4 text-xs text-ink-2">{many}, selected individually.</p>;
  const conditions = Object.entries(filter);
  return (
    <div className="flex flex-col gap-2 p-4 text-xs">
      <p className="text-ink-2">{many} matched this filter at the start.</p>
      <ul aria-label="Filter" className="flex flex-wrap gap-1.5">
        {conditions.map(([name, value]) => (
          <li key={name} className="rounded bg-hover px-1.5 py-0.5 font-mono wrap-anywhere">
            {name}: {revealHidden(typeof value === "string" ? value : JSON.stringify(value))}
          </li>
        ))}
        {conditions.length === 0 && <li className="text-ink-3">everything</li>}
      </ul>
    </div>
  );
}

function OfAnother({ bulk, sourceId, many }: { bulk: BulkAction; sourceId: string; many: string }) {
  const trpc = useTRPC();
  // What it follows may be gone before it.
  const source = useQuery(trpc.bulk.get.queryOptions({ bulkId: sourceId })).data;
  return (
    <p className="p-4 text-xs text-ink-2">
      {many} from{" "}
      <Link href={bulkAddress(sourceId)} className="text-accent hover:underline" title={sourceId}>
        another bulk action
      </Link>
      {source !== undefined && (source.action === bulk.action ? ", retried after being rejected" : ", to undo it")}.
    </p>
  );
}

function paramsOf({ params }: BulkAction): Fact[] {
  const { priority, queue, lane, byMs, readerId } = params;
  return [
    ["Priority", priority ?? null],
    ["To queue", queue ?? null],
    ["To lane", lane ?? null],
    ["By", byMs === undefined ? null : formatDuration(byMs)],
    ["Reader", revealHidden(readerId ?? null)],
  ];
}

function toBulk(id: string | null | undefined): ReactNode {
  if (id == null) return null;
  return (
    <Link href={bulkAddress(id)} title={id} className="font-mono text-accent hover:underline">
      {shortenId(id)}
    </Link>
  );
}
