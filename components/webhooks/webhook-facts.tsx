import Link from "next/link";
import { auditAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { Id } from "@/components/ui/copy";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts, Panel } from "@/components/ui/page";
import { Countdown, Time } from "@/components/ui/time/time";
import type { Webhook } from "@/contract/webhook";
import { DELIVERIES_KEPT_DAYS } from "@/contract/words";
import { FORMAT_WORDS } from "./words";

/** Where a webhook leads, what it is told of, and whose it is. */
export function WebhookFacts({ webhook }: { webhook: Webhook }) {
  const { url, format, events, projectIds, queues, tenantId, lastDeliveredAt, previousSecretUntil } = webhook;
  return (
    <Panel title="Details" className="self-start">
      <Facts
        className="p-4"
        items={[
          ["URL", <code key="url">{revealHidden(url)}</code>],
          ["Format", FORMAT_WORDS[format].name],
          [
            "Events",
            <ul key="events" className="flex flex-col gap-0.5">
              {events.map((event) => (
                <li key={event}>
                  <code>{event}</code>
                </li>
              ))}
            </ul>,
          ],
          ["Projects", projectIds.length === 0 ? "All" : revealHidden(projectIds.join(", "))],
          ["Queues", queues.length === 0 ? "All, and events without a task" : revealHidden(queues.join(", "))],
          ["Tenant", tenantId ?? "All tenants"],
          ["Last delivered", <Time key="last" at={lastDeliveredAt} />],
          [
            "Previous secret",
            previousSecretUntil === null ? null : (
              <span key="secret">
                also signs, expires <Countdown to={previousSecretUntil} />
              </span>
            ),
          ],
          ["Created by", operatorName(webhook.createdBy)],
          ["Created", <Time key="made" at={webhook.createdAt} />],
          ["Updated", <Time key="changed" at={webhook.updatedAt} />],
          ["ID", <Id key="id" id={webhook.id} />],
          ["Deliveries kept", `${DELIVERIES_KEPT_DAYS} days`],
          [
            "Activity",
            <Link key="audit" href={auditAddress(webhook.id)} className="text-accent underline">
              View audit log
            </Link>,
          ],
        ]}
      />
    </Panel>
  );
}
