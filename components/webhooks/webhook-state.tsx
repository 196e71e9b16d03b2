import { State } from "@/components/ui/state";
import { Duration } from "@/components/ui/time/time";
import type { Webhook } from "@/contract/webhook";
import { conditionOf } from "./words";

/** How a webhook stands, for how long it has failed, and why it is disabled. */
export function WebhookState({ webhook, isBare }: { webhook: Webhook; isBare?: boolean }) {
  const { isEnabled, disabledReason, failingSince } = webhook;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-1.5">
      <State {...conditionOf(webhook)} isIconless={isBare} why={isBare || isEnabled ? null : disabledReason} />
      {isEnabled && failingSince !== null && (
        <span className="text-xs whitespace-nowrap text-ink-2">
          for <Duration from={failingSince} to={null} />
        </span>
      )}
    </span>
  );
}
