"use client";
import Link from "next/link";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Time } from "@/components/ui/time/time";
import type { AuditRow } from "@/contract/audit";
import { summaryOf } from "./details";
import type { AuditFilter } from "./filter";
import { callerOf, kindOf, targetName, verbOf } from "./sentence";
import { targetAddress } from "./target";

type AuditTableProps = {
  rows: readonly AuditRow[];
  hasTenants: boolean;
  onChange: (change: Partial<AuditFilter>) => void;
};

/** Who did what, the newest first; a caller, an action or a tenant that is pressed is shown alone. */
export function AuditTable({ rows, hasTenants, onChange }: AuditTableProps) {
  return <Table label="Audit" rows={rows} columns={columnsOf(hasTenants, onChange)} keyOf={(row) => row.id} />;
}

function columnsOf(hasTenants: boolean, onChange: AuditTableProps["onChange"]): Column<AuditRow>[] {
  const tenants: Column<AuditRow> = {
    name: "Tenant",
    isWideOnly: true,
    cell: ({ tenantId }) =>
      tenantId === null ? (
        <span className="text-xs text-ink-3">All</span>
      ) : (
        <Narrow text={tenantId} what="tenant" onPress={() => onChange({ tenant: tenantId })} />
      ),
  };
  return [
    { name: "Action", isLead: true, cell: (row) => <Sentence row={row} onChange={onChange} /> },
    ...(hasTenants ? [tenants] : []),
    {
      name: "Details",
      className: "max-w-80 max-sm:order-last max-sm:w-full max-sm:max-w-full",
      cell: (row) => <Details row={row} />,
    },
    {
      name: "When",
      className: "whitespace-nowrap text-ink-2 sm:text-right",
      cell: ({ at }) => <Time at={at} />,
    },
  ];
}

/** `admin cancelled run “Fix login”`: each part narrows the list or leads to what it names. */
function Sentence({ row, onChange }: { row: AuditRow; onChange: AuditTableProps["onChange"] }) {
  const { actor, action, targetId } = row;
  const address = targetAddress(row);
  const target = targetName(row);
  return (
    <span className="flex flex-wrap items-baseline gap-x-1 text-sm">
      <Narrow text={actor} shown={callerOf(actor)} what="caller" isStrong onPress={() => onChange({ actor })} />{" "}
      <Narrow text={action} shown={verbOf(row)} what="action" onPress={() => onChange({ action })} />{" "}
      <span className="text-ink-2">{kindOf(row)}</span>{" "}
      {address === null ? (
        <span title={revealHidden(targetId)}>{target}</span>
      ) : (
        <Link
          href={address}
          prefetch={false}
          title={revealHidden(targetId)}
          className="min-h-6 max-w-96 min-w-6 truncate leading-6 font-medium hover:underline"
        >
          {target}
        </Link>
      )}
    </span>
  );
}

type NarrowProps = { text: string; shown?: string; what: string; isStrong?: boolean; onPress: () => void };

function Narrow({ text, shown = revealHidden(text), what, isStrong, onPress }: NarrowProps) {
  return (
    <button
      type="button"
      title={`${revealHidden(text)}: show only this ${what}`}
      onClick={onPress}
      className={cn("min-h-6 min-w-6 text-sm hover:underline", isStrong ? "font-medium" : "text-ink-2")}
    >
      {shown}
    </button>
  );
}

/** What else there is to say of it, as text: a caller may have put anything into it. */
function Details({ row: { details, title } }: { row: AuditRow }) {
  const summary = summaryOf(details, title);
  if (summary === "") return null;
  return (
    <details className="text-xs text-ink-2 open:py-1.5">
      <summary className="truncate rounded" title={summary.slice(0, 1_000)}>
        {summary}
      </summary>
      <pre className="mt-1 text-2xs wrap-anywhere whitespace-pre-wrap">
        {revealHidden(JSON.stringify(details, null, 2))}
      </pre>
    </details>
  );
}
