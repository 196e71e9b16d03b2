import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { RunnerView } from "@/components/runners/runner-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Runner" };

export default async function RunnerPage(props: { params: Promise<{ runnerId: string }> }) {
  await requireIdentity();
  const runnerId = decodeURIComponent((await props.params).runnerId);
  await prefetch(trpc.runners.get.queryOptions({ runnerId }));
  return (
    <HydrateClient>
      <RunnerView key={runnerId} runnerId={runnerId} />
    </HydrateClient>
  );
}
