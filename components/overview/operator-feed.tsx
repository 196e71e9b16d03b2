import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { callerOf, kindOf, targetName, verbOf } from "@/components/audit/sentence";
import { summaryOf, targetAddress } from "@/components/audit/target";
import { useAskWhenDone } from "@/components/audit/use-ask-when-done";
import { useTRPC } from "@/components/trpc/client";
import { showTricks } from "@/components/ui/hidden-text";
import { Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time";
import type { AuditRow } from "@/contract/audit";
import { More } from "./more";
import { operatorActions } from "./queries";

/** What is done is written down with what the stream tells of. */
const GATHER_MS = 1_500;

/** The latest actions of operators; the audit log has the rest. */
export function OperatorFeed() {
  const options = operatorActions(useTRPC());
  const rows = useQuery(options).data?.items ?? [];
  useAskWhenDone(options.queryKey, GATHER_MS);
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
  const said = summaryOf(row.details);
  const target = targetName(row);
  return (
    <li className="flex flex-wrap items-baseline gap-x-1.5 gap-y-0.5 px-4 py-1.5 text-xs not-last:border-b">
      <span className="font-medium" title={showTricks(row.actor)}>
        {callerOf(row.actor)}
      </span>
      <span className="text-ink-2" title={row.action}>
        {verbOf(row)} {kindOf(row)}
      </span>
      {address === null ? (
        <span title={showTricks(row.targetId)}>{target}</span>
      ) : (
        <Link
          href={address}
          prefetch={false}
          title={showTricks(row.targetId)}
          className="max-w-80 truncate text-accent hover:underline"
        >
          {target}
        </Link>
      )}
      <span className="min-w-0 flex-1 truncate text-ink-3 max-sm:order-last max-sm:basis-full" title={said}>
        {showTricks(said)}
      </span>
      <Time at={row.at} className="ml-auto text-ink-3" />
    </li>
  );
}
