"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { AuditTable } from "@/components/audit/audit-table";
import { auditAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { auditPages } from "@/components/trpc/lists";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { BULK_KEPT_DAYS } from "@/contract/words";

/** An action on many that is not kept any more: what the audit log still tells of it. */
export function BulkGone({ bulkId }: { bulkId: string }) {
  const router = useRouter();
  const query = useInfiniteQuery(auditPages(useTRPC(), { targetKind: "bulk", targetId: bulkId }));
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Action on many"
        description={`It is not kept any more: what became of each is there for ${BULK_KEPT_DAYS} days after the end.`}
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            rows.length === 0 ? (
              <EmptyState title="No such action">
                Nothing tells of it: it may be another tenant&apos;s, or its id is another one.
              </EmptyState>
            ) : (
              <AuditTable rows={rows} hasTenants={false} onChange={() => router.push(auditAddress(bulkId))} />
            )
          }
        </QueryView>
      </div>
    </div>
  );
}
