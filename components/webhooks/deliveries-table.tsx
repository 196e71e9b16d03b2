// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed, as on phones.
"use client";
import { ChevronDown, ChevronRight } from "lucide-react";
import Link from "next/link";
import { Fragment } from "react";
import { Button } from "@/components/ui/button";
import { formatDuration, formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Rows, TableFrame } from "@/components/ui/list/table";
import { OverflowBox } from "@/components/ui/overflow-box";
import { State } from "@/components/ui/state";
import { Countdown, Time } from "@/components/ui/time/time";
import type { Webhook, WebhookDelivery } from "@/contract/webhook";
import { DeliveryDetails } from "./delivery-details";
import type { WebhookActionHandlers } from "./use-webhook-actions";
import { answerOf, subjectOf } from "./words";

type DeliveriesTableProps = {
  label: string;
  webhook: Webhook;
  rows: readonly WebhookDelivery[];
  actions: WebhookActionHandlers;
  /** The delivery of which everything is shown below its row. */
  opened: string | null;
  onToggle: (deliveryId: string) => void;
};

/** Deliveries, each with what was answered last and what comes next. */
export function DeliveriesTable({ label, rows, ...table }: DeliveriesTableProps) {
  const columns = columnsOf(table);
  return (
    <OverflowBox label={`${label}, scrollable`}>
      <TableFrame label={label} columns={columns}>
        <tbody role="rowgroup" className="max-sm:block">
          {rows.map((delivery) => (
            <Fragment key={delivery.id}>
              <Rows rows={[delivery]} columns={columns} keyOf={({ id }) => id} selectedKey={table.opened} />
              {table.opened === delivery.id && (
                <tr role="row" id={detailsOf(delivery)} className="border-b bg-sunken max-sm:block">
                  <td role="cell" colSpan={columns.length} className="p-0 max-sm:block">
                    <DeliveryDetails delivery={delivery} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </TableFrame>
    </OverflowBox>
  );
}

const detailsOf = ({ id }: WebhookDelivery) => `details-${id}`;

function columnsOf({
  webhook,
  actions,
  opened,
  onToggle,
}: Omit<DeliveriesTableProps, "label" | "rows">): Column<WebhookDelivery>[] {
  return [
    {
      name: "Event",
      isLead: true,
      className: "max-w-56 max-sm:max-w-full",
      cell: (delivery) => (
        <span className="flex min-w-0 flex-col items-start py-0.5">
          <Disclosure delivery={delivery} isOpen={opened === delivery.id} onToggle={() => onToggle(delivery.id)} />
          <Subject delivery={delivery} />
        </span>
      ),
    },
    {
      name: "State",
      cell: (delivery) => (
        <span className="flex flex-col items-start gap-0.5 py-1 max-sm:flex-row max-sm:items-center max-sm:gap-x-2 max-sm:py-0">
          <State state={delivery.state} />
          <span className="text-xs whitespace-nowrap text-ink-2">
            <Next delivery={delivery} isEnabled={webhook.isEnabled} />
          </span>
        </span>
      ),
    },
    {
      name: "Last response",
      className: "max-w-44 text-xs max-sm:max-w-full",
      cell: (delivery) => <LastAnswer delivery={delivery} />,
    },
    {
      name: "Actions",
      isNameHidden: true,
      className: "text-right max-sm:ml-auto",
      cell: (delivery) => <SendAgain delivery={delivery} isEnabled={webhook.isEnabled} actions={actions} />,
    },
  ];
}

type DisclosureProps = { delivery: WebhookDelivery; isOpen: boolean; onToggle: () => void };

function Disclosure({ delivery, isOpen, onToggle }: DisclosureProps) {
  const Icon = isOpen ? ChevronDown : ChevronRight;
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      aria-controls={isOpen ? detailsOf(delivery) : undefined}
      onClick={onToggle}
      className="-ml-1 flex min-h-6 items-center gap-1 font-medium whitespace-nowrap after:absolute after:inset-0 hover:underline"
    >
      <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
      {delivery.event}
    </button>
  );
}

function Subject({ delivery }: { delivery: WebhookDelivery }) {
  const subject = subjectOf(delivery);
  if (subject === null) return null;
  const { id, title, address } = subject;
  return (
    <Link
      href={address}
      prefetch={false}
      title={revealHidden(title === null ? id : `${title}\n${id}`)}
      className="relative z-10 inline-flex min-h-6 max-w-full items-center pl-4 text-xs text-ink-2 hover:underline"
    >
      {title === null ? <code>{shortenId(id)}</code> : <span className="truncate">{revealHidden(title)}</span>}
    </Link>
  );
}

function LastAnswer({ delivery: { tries, attempts } }: { delivery: WebhookDelivery }) {
  const last = tries.at(-1);
  const answer = last === undefined ? null : revealHidden(answerOf(last));
  const untried = last === undefined ? "not tried yet" : "to be sent again";
  return (
    <span className="flex min-w-0 flex-col max-sm:flex-row max-sm:flex-wrap max-sm:gap-x-1.5">
      {answer !== null && (
        <span className={last?.error === null ? "truncate text-ink-2" : "truncate text-bad"} title={answer}>
          {answer}
        </span>
      )}
      {last !== undefined && last.text !== null && (
        <span className="truncate text-ink-2 max-sm:order-last max-sm:basis-full" title={revealHidden(last.text)}>
          {revealHidden(last.text)}
        </span>
      )}
      <span className="text-ink-3">
        {last !== undefined && <>{formatDuration(last.tookMs)}, </>}
        {attempts === 0 ? untried : formatPlural(attempts, "try", "tries")}
      </span>
    </span>
  );
}

/** When it was taken or given up, or is tried next. */
function Next({ delivery, isEnabled }: { delivery: WebhookDelivery; isEnabled: boolean }) {
  const { attempts, isUnderWay, nextAttemptAt, endedAt } = delivery;
  if (nextAttemptAt === null) return <Time at={endedAt} />;
  if (!isEnabled) return "waits until it is enabled";
  if (isUnderWay) return "being sent";
  return (
    <>
      {attempts === 0 ? "first" : "next"} try <Countdown to={nextAttemptAt} />
    </>
  );
}

type SendAgainProps = { delivery: WebhookDelivery; isEnabled: boolean; actions: WebhookActionHandlers };

function SendAgain({ delivery: { id, event, state }, isEnabled, actions }: SendAgainProps) {
  const name = state === "pending" ? "Try now" : "Send again";
  return (
    <Button
      size="sm"
      className="relative z-10"
      aria-label={`${name}: ${event} ${shortenId(id)}`}
      disabled={!isEnabled || actions.sending === id}
      title={isEnabled ? undefined : "Enable the webhook first"}
      onClick={() => actions.sendAgain(id)}
    >
      {name}
    </Button>
  );
}
