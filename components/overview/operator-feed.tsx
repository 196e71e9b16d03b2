import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { summaryOf } from "@/components/audit/details";
import { callerOf, kindOf, targetName, verbOf } from "@/components/audit/sentence";
import { targetAddress } from "@/components/audit/target";
import { useRefetchWhenDone } from "@/components/audit/use-refetch-when-done";
import { useTRPC } from "@/components/trpc/client";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time/time";
import type { AuditRow } from "@/contract/audit";
import { More } from "./more";
import { operatorActions } from "./queries";

/** What is done is written down with what the stream tells of. */
const REFETCH_WAIT_MS = 1_500;

/** The latest actions of operators; the audit log has the rest. */
export function OperatorFeed() {
  const options = operatorActions(useTRPC());
  const rows = useQuery(options).data?.items ?? [];
  useRefetchWhenDone(options.queryKey, REFETCH_WAIT_MS);
  if (rows.length === 0) return null;
  return (
    <Panel title="Recent operator activity" className="shrink-0" actions={<More href="/audit?by=operator" />}>
      <ol>
        {rows.map((row) => (
          <Action key={row.id} row={row} />
        ))}
      </ol>
    </Panel>
  );
}

function Action({ row }: { row: AuditRow }) {
  const address = targetAddress(row);
  const summary = summaryOf(row.details, row.title);
  const target = targetName(row);
  return (
    <li className="flex flex-wrap items-baseline gap-x-1.5 gap-y-0.5 px-4 py-1.5 text-xs not-last:border-b">
      <span className="font-medium" title={revealHidden(row.actor)}>
        {callerOf(row.actor)}
      </span>
      <span className="text-ink-2" title={row.action}>
        {verbOf(row)} {kindOf(row)}
      </span>
      {address === null ? (
        <span title={revealHidden(row.targetId)}>{target}</span>
      ) : (
        <Link
          href={address}
          prefetch={false}
          title={revealHidden(row.targetId)}
          className="max-w-80 truncate text-accent hover:underline"
        >
          {target}
        </Link>
      )}
      <span className="min-w-0 flex-1 truncate text-ink-3 max-sm:order-last max-sm:basis-full" title={summary}>
        {revealHidden(summary)}
      </span>
      <Time at={row.at} className="ml-auto text-ink-3" />
    </li>
  );
}
