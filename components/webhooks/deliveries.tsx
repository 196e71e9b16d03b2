"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { useEffect, useState } from "react";
import { useNamedRecord } from "@/components/shell/named-record";
import { useTRPC } from "@/components/trpc/client";
import { deliveryPages, webhooksPollMs } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/form/choices";
import { formatPlural } from "@/components/ui/format";
import { LoadMore } from "@/components/ui/list/load-more";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { Webhook, WebhookDelivery } from "@/contract/webhook";
import { DELIVERIES_KEPT_DAYS, DELIVERY_STATES, type DeliveryState, ID_PREFIX } from "@/contract/words";
import { DeliveriesTable } from "./deliveries-table";
import { DELIVERY_FILTERS } from "./filter";
import type { WebhookActionHandlers } from "./use-webhook-actions";
import { countOf } from "./words";

type DeliveriesProps = { webhook: Webhook; actions: WebhookActionHandlers };
const CHOICES = ["all", ...DELIVERY_STATES] as const;
const EMPTY_TEXTS: Record<DeliveryState, string> = {
  pending: "No pending deliveries.",
  delivered: "Nothing delivered yet.",
  failed: "No failed deliveries.",
};

/** What was sent to a webhook, the newest first; one that is pressed says what it held and how each try went. */
export function Deliveries({ webhook, actions }: DeliveriesProps) {
  const [{ state }, setFilter] = useQueryStates(DELIVERY_FILTERS, { history: "replace" });
  const query = useInfiniteQuery({
    ...deliveryPages(useTRPC(), webhook.id, state),
    refetchInterval: webhooksPollMs([webhook]),
  });
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const { opened, toggle, other } = useOpened(webhook, query.data === undefined ? null : rows);
  const table = { webhook, actions, opened, onToggle: toggle };
  return (
    <>
      {other !== null && (
        <Panel title="Linked delivery">
          <DeliveriesTable {...table} label="Linked delivery" rows={[other]} />
        </Panel>
      )}
      <Panel title="Deliveries" actions={webhook.failed > 0 && <SendFailed webhook={webhook} actions={actions} />}>
        <div className="border-b px-4 py-2">
          <Choices
            label="Delivery state"
            values={CHOICES}
            names={namesOf(webhook)}
            value={state ?? "all"}
            onChange={(next) => void setFilter({ state: next === "all" ? null : next })}
          />
        </div>
        <QueryView query={query}>
          {() =>
            rows.length === 0 ? (
              <NoDeliveries webhook={webhook} state={state} />
            ) : (
              <>
                <DeliveriesTable {...table} label="Deliveries" rows={rows} />
                <p className="flex items-center justify-center gap-3 p-4 text-xs text-ink-3">
                  {formatPlural(rows.length, "delivery", "deliveries")}
                  <LoadMore query={query} />
                </p>
              </>
            )
          }
        </QueryView>
      </Panel>
    </>
  );
}

function namesOf({ pending, failed }: Webhook): Record<(typeof CHOICES)[number], string> {
  const withCount = (name: string, count: number) => (count === 0 ? name : `${name} ${countOf(count)}`);
  return {
    all: "All",
    pending: withCount("Pending", pending),
    delivered: "Delivered",
    failed: withCount("Failed", failed),
  };
}

function SendFailed({ webhook: { failed, isEnabled }, actions }: DeliveriesProps) {
  return (
    <Button
      size="sm"
      disabled={!isEnabled || actions.isPending}
      title={isEnabled ? undefined : "Enable the webhook first"}
      onClick={actions.sendFailed}
    >
      Resend failed ({countOf(failed)})
    </Button>
  );
}

function NoDeliveries({ webhook, state }: { webhook: Webhook; state: DeliveryState | null }) {
  if (state !== null) return <p className="p-4 text-sm text-ink-2">{EMPTY_TEXTS[state]}</p>;
  const title =
    webhook.lastDeliveredAt === null ? "Nothing sent yet" : `Nothing sent in the last ${DELIVERIES_KEPT_DAYS} days`;
  return (
    <EmptyState title={title}>
      {webhook.isEnabled
        ? "Events are sent as they happen. Send a test to see whether they arrive."
        : "Nothing is sent while the webhook is disabled."}
    </EmptyState>
  );
}

/** Which delivery is open: the one that the address names, until another is pressed; `other` where it is not listed. */
function useOpened(webhook: Webhook, rows: readonly WebhookDelivery[] | null) {
  const named = useNamedRecord();
  const [opened, setOpened] = useState<string | null>(null);
  useEffect(() => setOpened(named), [named]);
  const isOther = rows !== null && named !== null && !rows.some(({ id }) => id === named);
  const other = useQuery(
    useTRPC().webhooks.delivery.queryOptions(
      { deliveryId: named ?? "" },
      {
        enabled: isOther && named?.startsWith(ID_PREFIX.webhookDelivery) === true,
        refetchInterval: webhooksPollMs([webhook]),
      },
    ),
  ).data;
  return {
    opened,
    toggle: (id: string) => setOpened(opened === id ? null : id),
    other: isOther && other?.webhookId === webhook.id ? other : null,
  };
}
