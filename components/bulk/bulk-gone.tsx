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
        title="Bulk action"
        description={`Results are deleted ${BULK_KEPT_DAYS} days after the action ends. The audit log remains.`}
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            rows.length === 0 ? (
              <EmptyState title="Bulk action not found">
                It may belong to another tenant, or the ID may be wrong.
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
