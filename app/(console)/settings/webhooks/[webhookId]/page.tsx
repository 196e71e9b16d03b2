import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { deliveryPages, webhookNow } from "@/components/trpc/lists";
import { DELIVERY_FILTERS } from "@/components/webhooks/filter";
import { WebhookView } from "@/components/webhooks/webhook-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Webhook" };
const loadFilter = createLoader(DELIVERY_FILTERS);

type WebhookPageProps = { params: Promise<{ webhookId: string }>; searchParams: Promise<SearchParams> };

export default async function WebhookPage(props: WebhookPageProps) {
  const { role } = await requireIdentity();
  const webhookId = decodeURIComponent((await props.params).webhookId);
  const { state } = await loadFilter(props.searchParams);
  if (role === "admin")
    await Promise.all([prefetch(webhookNow(trpc, webhookId)), prefetchPages(deliveryPages(trpc, webhookId, state))]);
  return (
    <HydrateClient>
      <WebhookView key={webhookId} webhookId={webhookId} />
    </HydrateClient>
  );
}
