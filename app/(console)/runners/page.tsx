import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { RunnersView } from "@/components/runners/runners-view";
import { runnerPages } from "@/components/trpc/lists";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Runners" };

export default async function RunnersPage() {
  await requireIdentity();
  await prefetchPages(runnerPages(trpc));
  return (
    <HydrateClient>
      <RunnersView />
    </HydrateClient>
  );
}
