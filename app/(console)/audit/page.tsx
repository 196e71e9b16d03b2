import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { AuditView } from "@/components/audit/audit-view";
import { AUDIT_FILTERS, auditInput, EVERYBODY, listedFilter } from "@/components/audit/filter";
import { auditPages, viewsOf } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Audit" };
const loadFilter = createLoader({ ...AUDIT_FILTERS, ...EVERYBODY });

export default async function AuditPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const { all, ...filter } = await loadFilter(props.searchParams);
  const input = auditInput(listedFilter(filter, all));
  await Promise.all([prefetch(viewsOf(trpc, "audit")), prefetchPages(auditPages(trpc, input))]);
  return (
    <HydrateClient>
      <AuditView />
    </HydrateClient>
  );
}
