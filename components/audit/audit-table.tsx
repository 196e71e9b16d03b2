"use client";
import Link from "next/link";
import { shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { type Column, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import type { AuditRow } from "@/contract/audit";
import type { AuditFilter } from "./filter";
import { summaryOf, targetAddress } from "./target";

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
        <span className="text-xs text-ink-3">all</span>
      ) : (
        <Narrow text={tenantId} what="tenant" onPress={() => onChange({ tenant: tenantId })} />
      ),
  };
  return [
    {
      name: "Action",
      isLead: true,
      cell: ({ action }) => <Narrow text={action} what="action" isStrong onPress={() => onChange({ action })} />,
    },
    { name: "Target", cell: (row) => <Target row={row} /> },
    { name: "Caller", cell: ({ actor }) => <Narrow text={actor} what="caller" onPress={() => onChange({ actor })} /> },
    ...(hasTenants ? [tenants] : []),
    {
      name: "Details",
      className: "max-w-80 max-sm:order-last max-sm:w-full max-sm:max-w-full",
      cell: ({ details }) => <Details details={details} />,
    },
    {
      name: "When",
      className: "whitespace-nowrap text-ink-2 sm:text-right",
      cell: ({ at }) => <Time at={at} />,
    },
  ];
}

type NarrowProps = { text: string; what: string; isStrong?: boolean; onPress: () => void };

function Narrow({ text, what, isStrong, onPress }: NarrowProps) {
  const [kind = "", ...rest] = text.split(":");
  const shown = rest.length === 0 ? showTricks(text) : `${showTricks(kind)}:${shortenId(rest.join(":"))}`;
  return (
    <button
      type="button"
      title={`${showTricks(text)}: show this ${what} alone`}
      onClick={onPress}
      className={isStrong ? "text-sm font-medium hover:underline" : "text-xs text-ink-2 hover:underline"}
    >
      {shown}
    </button>
  );
}

function Target({ row }: { row: AuditRow }) {
  const address = targetAddress(row);
  const id = <span title={showTricks(row.targetId)}>{shortenId(row.targetId)}</span>;
  return (
    <span className="flex flex-col text-2xs max-sm:flex-row max-sm:gap-1.5">
      <span className="text-ink-3">{showTricks(row.targetKind)}</span>
      {address === null ? (
        <code className="whitespace-nowrap">{id}</code>
      ) : (
        <Link href={address} className="font-mono whitespace-nowrap hover:underline">
          {id}
        </Link>
      )}
    </span>
  );
}

/** What else there is to say of it, as text: a caller may have put anything into it. */
function Details({ details }: { details: Record<string, unknown> }) {
  const summary = summaryOf(details);
  if (summary === "") return null;
  return (
    <details className="text-xs text-ink-2 open:py-1.5">
      <summary className="truncate rounded" title={summary.slice(0, 1_000)}>
        {summary}
      </summary>
      <pre className="mt-1 text-2xs wrap-anywhere whitespace-pre-wrap">
        {showTricks(JSON.stringify(details, null, 2))}
      </pre>
    </details>
  );
}
