import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { requireIdentity } from "@/app/(console)/identity";
import { DocPage, DocResults, DocsPage } from "@/components/docs/docs-page";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Documentation" };

type Props = { params: Promise<{ name: string }>; searchParams: Promise<{ q?: string | string[] }> };

export default async function DocumentPage(props: Props) {
  await requireIdentity();
  const { name } = await props.params;
  const { q } = await props.searchParams;
  const search = typeof q === "string" ? q.slice(0, 200) : "";
  const client = getQueryClient();
  const { items: docs } = await client.fetchQuery(trpc.docs.list.queryOptions());
  if (!docs.some((doc) => doc.name === name)) notFound();
  const doc = await client.fetchQuery(trpc.docs.get.queryOptions({ name }));
  const matches = search === "" ? null : await client.fetchQuery(trpc.docs.search.queryOptions({ search }));
  return (
    <DocsPage docs={docs} current={name} title={doc.title}>
      {matches === null ? <DocPage doc={doc} docs={docs} /> : <DocResults search={search} matches={matches} />}
    </DocsPage>
  );
}
