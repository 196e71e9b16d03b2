import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { RunnersView } from "@/components/runners/runners-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Runners" };

export default async function RunnersPage() {
  await requireIdentity();
  await prefetch(
    trpc.runners.list.infiniteQueryOptions({ limit: 50 }, { getNextPageParam: (page) => page.cursor ?? undefined }),
  );
  return (
    <HydrateClient>
      <RunnersView />
    </HydrateClient>
  );
}
