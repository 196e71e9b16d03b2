import { OctagonPause, TriangleAlert } from "lucide-react";
import { Banner } from "@/components/ui/banner";
import { Button } from "@/components/ui/button";
import { showTricks } from "@/components/ui/hidden-text";
import { Duration } from "@/components/ui/time";
import type { Webhook } from "@/contract/webhook";
import type { WebhookActs } from "./use-webhook-acts";

/** Why nothing arrives, and what to do about it; nothing where all is well. */
export function WebhookBanner({ webhook, acts }: { webhook: Webhook; acts: WebhookActs }) {
  const { isEnabled, disabledReason, failingSince } = webhook;
  if (!isEnabled)
    return (
      <Banner
        tone={disabledReason === null ? "warn" : "bad"}
        icon={<OctagonPause aria-hidden className="mt-px size-4 shrink-0" />}
        action={
          <Button size="sm" disabled={acts.isPending} onClick={() => acts.turn(true)}>
            Enable
          </Button>
        }
      >
        <b className="font-semibold">
          {disabledReason === null
            ? "Disabled by an operator."
            : `Disabled automatically: ${showTricks(disabledReason)}.`}
        </b>{" "}
        What happens meanwhile is not kept for it; what was on its way waits.
        {disabledReason !== null && " See that its receiver is well, then enable it and send a test."}
      </Banner>
    );
  if (failingSince === null) return null;
  return (
    <Banner tone="warn" icon={<TriangleAlert aria-hidden className="mt-px size-4 shrink-0" />}>
      <b className="font-semibold">
        Nothing delivered for <Duration from={failingSince} to={null} />.
      </b>{" "}
      Each delivery below says what was answered. It is tried again, at longer and longer intervals, for about a day;
      once its receiver is well, “Try now” does not wait for that. A webhook at which nothing arrives for a day is
      disabled.
    </Banner>
  );
}
