"use client";
import Link from "next/link";
import { webhookAddress } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Time } from "@/components/ui/time/time";
import type { Webhook } from "@/contract/webhook";
import { WebhookState } from "./webhook-state";
import { countOf, eventWords, hostOf } from "./words";

/** Webhooks, the oldest first: where each leads, what it is told of, and whether that arrives. */
export function WebhooksTable({ webhooks }: { webhooks: readonly Webhook[] }) {
  const columns = useIdentity().tenantId === null ? COLUMNS_OF_ALL : COLUMNS;
  return <Table label="Webhooks" rows={webhooks} columns={columns} keyOf={({ id }) => id} />;
}

const LEADING_COLUMNS: Column<Webhook>[] = [
  {
    name: "Name",
    isLead: true,
    className: "max-w-72 max-sm:max-w-full",
    cell: ({ id, name, url }) => (
      <span className="flex min-w-0 flex-col py-1 max-sm:py-0">
        <Link
          href={webhookAddress(id)}
          prefetch={false}
          title={revealHidden(name)}
          className="truncate font-medium after:absolute after:inset-0 hover:underline"
        >
          {revealHidden(name)}
        </Link>
        <span className="truncate text-xs text-ink-3">
          {/* Above the link, which lies on the whole row: the rest of the address is under the pointer alone. */}
          <span className="relative z-10" title={revealHidden(url)}>
            {revealHidden(hostOf(url))}
          </span>
        </span>
      </span>
    ),
  },
  { name: "State", cell: (webhook) => <WebhookState webhook={webhook} /> },
  {
    name: "Events",
    isLine: true,
    className: "max-w-64 text-xs text-ink-2",
    cell: ({ events, projectIds, queues }) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate">
          <span className="relative z-10" title={events.join(", ")}>
            {eventWords(events)}
          </span>
        </span>
        {projectIds.length + queues.length > 0 && (
          <span className="truncate text-ink-3">of {revealHidden([...projectIds, ...queues].join(", "))} alone</span>
        )}
      </span>
    ),
  },
];
const TENANT: Column<Webhook> = {
  name: "Tenant",
  isLine: true,
  className: "max-w-40 truncate text-xs text-ink-2",
  cell: ({ tenantId }) => tenantId ?? "all tenants",
};
const REST: Column<Webhook>[] = [
  {
    name: "Last delivered",
    isLine: true,
    className: "text-xs whitespace-nowrap text-ink-2",
    cell: ({ lastDeliveredAt }) => <Time at={lastDeliveredAt} />,
  },
  {
    name: "Deliveries",
    isLine: true,
    className: "text-xs whitespace-nowrap text-ink-2 tabular-nums",
    cell: (webhook) => <Counts webhook={webhook} />,
  },
];
const COLUMNS = [...LEADING_COLUMNS, ...REST];
const COLUMNS_OF_ALL = [...LEADING_COLUMNS, TENANT, ...REST];

function Counts({ webhook: { pending, failed } }: { webhook: Webhook }) {
  if (pending + failed === 0) return <span className="text-ink-3">none pending</span>;
  return (
    <span className="flex flex-col max-sm:flex-row max-sm:gap-2">
      {pending > 0 && <span>{countOf(pending)} pending</span>}
      {failed > 0 && <span className="text-bad">{countOf(failed)} failed</span>}
    </span>
  );
}
