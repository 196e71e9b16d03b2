import { OctagonPause, TriangleAlert } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Banner } from "@/components/ui/error/banner";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Duration } from "@/components/ui/time/time";
import type { Webhook } from "@/contract/webhook";
import type { WebhookActionHandlers } from "./use-webhook-actions";

/** Why nothing arrives, and what to do about it; nothing where all is well. */
export function WebhookBanner({ webhook, actions }: { webhook: Webhook; actions: WebhookActionHandlers }) {
  const { isEnabled, disabledReason, failingSince } = webhook;
  if (!isEnabled)
    return (
      <Banner
        tone={disabledReason === null ? "warn" : "bad"}
        icon={<OctagonPause aria-hidden className="mt-px size-4 shrink-0" />}
        action={
          <Button size="sm" disabled={actions.isPending} onClick={() => actions.turn(true)}>
            Enable
          </Button>
        }
      >
        <b className="font-semibold">
          {disabledReason === null
            ? "Disabled by an operator."
            : `Disabled automatically: ${revealHidden(disabledReason)}.`}
        </b>{" "}
        New events are not recorded for it. Deliveries already queued wait until it is enabled.
        {disabledReason !== null && " Fix the receiver, then enable the webhook and send a test."}
      </Banner>
    );
  if (failingSince === null) return null;
  return (
    <Banner tone="warn" icon={<TriangleAlert aria-hidden className="mt-px size-4 shrink-0" />}>
      <b className="font-semibold">
        Nothing delivered for <Duration from={failingSince} to={null} />.
      </b>{" "}
      Each delivery is retried for about a day, at growing intervals. Once the receiver works again, “Try now” retries
      at once. After a day without a delivery the webhook is disabled.
    </Banner>
  );
}
