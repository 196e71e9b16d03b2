"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { AuditTable } from "@/components/audit/audit-table";
import { useFrames } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import { auditAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { auditPages } from "@/components/trpc/lists";
import { ListFoot } from "@/components/ui/list/list-states";
import { EmptyState } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";

/** A row is written with what it tells of, so that a frame of it is reason enough to ask. */
const REFETCH_WAIT_MS = 700;

/** Who did what to a session itself; what was done to its runs and tasks stands under their own ids. */
export function SessionAudit({ sessionId }: { sessionId: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const options = auditPages(trpc, { targetId: sessionId });
  const query = useInfiniteQuery(options);
  const refetch = useThrottledRefetch(REFETCH_WAIT_MS, options.queryKey);
  useFrames("session", (frame) => frame.sessionId === sessionId && refetch());
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <QueryView query={query}>
      {() =>
        rows.length === 0 ? (
          <EmptyState title="No audit entries">
            Actions on its runs are on their pages and in{" "}
            <Link href="/audit" className="text-accent underline">
              the audit log
            </Link>
            .
          </EmptyState>
        ) : (
          <>
            <p className="px-4 py-2 text-xs text-ink-3 lg:px-6">
              Actions on the session itself. Its runs have their own entries.{" "}
              <Link href={auditAddress(sessionId)} className="text-accent underline">
                Filter and export in the audit log
              </Link>
            </p>
            <AuditTable
              rows={rows}
              hasTenants={false}
              onChange={({ action, actor }) =>
                router.push(
                  `${auditAddress(sessionId)}&${new URLSearchParams({
                    ...(action == null ? {} : { action }),
                    ...(actor == null ? {} : { actor }),
                  })}`,
                )
              }
            />
            <ListFoot count={rows.length} noun="change" query={query} />
          </>
        )
      }
    </QueryView>
  );
}
