import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { webhookPages } from "@/components/trpc/lists";
import { WebhooksView } from "@/components/webhooks/webhooks-view";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Webhooks" };

export default async function WebhooksPage() {
  const { role } = await requireIdentity();
  if (role === "admin") await prefetchPages(webhookPages(trpc));
  return (
    <HydrateClient>
      <WebhooksView />
    </HydrateClient>
  );
}
