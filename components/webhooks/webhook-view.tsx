"use client";
import { useQuery } from "@tanstack/react-query";
import { WEBHOOKS_ADDRESS } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { webhookNow } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { revealHidden } from "@/components/ui/hidden-characters";
import { PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import type { Webhook } from "@/contract/webhook";
import { Deliveries } from "./deliveries";
import { AdminsOnly } from "./page-parts";
import { useWebhookActions } from "./use-webhook-actions";
import { WebhookActions } from "./webhook-actions";
import { WebhookBanner } from "./webhook-banner";
import { WebhookFacts } from "./webhook-facts";
import { WebhookState } from "./webhook-state";

/** A webhook's page: whether what it is told arrives, what was sent, and what can be done about it. */
export function WebhookView({ webhookId }: { webhookId: string }) {
  if (useIdentity().role === "admin") return <SeenWebhook webhookId={webhookId} />;
  return (
    <>
      <PageHeader title="Webhook" />
      <AdminsOnly />
    </>
  );
}

function SeenWebhook({ webhookId }: { webhookId: string }) {
  const webhook = useQuery(webhookNow(useTRPC(), webhookId));
  return (
    <QueryView query={webhook} heading="Webhook">
      {(data) => <LoadedWebhook webhook={data} />}
    </QueryView>
  );
}

function LoadedWebhook({ webhook }: { webhook: Webhook }) {
  const actions = useWebhookActions(webhook);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href={WEBHOOKS_ADDRESS} name="All webhooks" />
            <span className="min-w-0 wrap-anywhere">{revealHidden(webhook.name)}</span>
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <WebhookState isBare webhook={webhook} />
            <span className="line-clamp-2 min-w-0 wrap-anywhere" title={revealHidden(webhook.url)}>
              {revealHidden(webhook.url)}
            </span>
          </span>
        }
        actions={<WebhookActions webhook={webhook} actions={actions} />}
      />
      <RecordBody facts={<WebhookFacts webhook={webhook} />}>
        <WebhookBanner webhook={webhook} actions={actions} />
        <Deliveries webhook={webhook} actions={actions} />
      </RecordBody>
    </div>
  );
}
