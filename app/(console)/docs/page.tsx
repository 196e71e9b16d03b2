import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { DocResults, DocsIndex, DocsPage } from "@/components/docs/docs-page";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Documentation" };

export default async function DocsIndexPage(props: { searchParams: Promise<{ q?: string | string[] }> }) {
  await requireIdentity();
  const { q } = await props.searchParams;
  const search = typeof q === "string" ? q.slice(0, 200) : "";
  const client = getQueryClient();
  const [{ items: docs }, matches] = await Promise.all([
    client.fetchQuery(trpc.docs.list.queryOptions()),
    client.fetchQuery(trpc.docs.search.queryOptions({ search })),
  ]);
  return (
    <DocsPage docs={docs} current={null} title="Documentation">
      {search === "" ? <DocsIndex docs={docs} /> : <DocResults search={search} matches={matches} />}
    </DocsPage>
  );
}
