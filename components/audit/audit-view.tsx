"use client";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { DocLink } from "@/components/docs/doc-link";
import { useQueryWidening } from "@/components/query/use-query-widening";
import { BULK_ADDRESS } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { auditPages } from "@/components/trpc/lists";
import { Button, buttonStyle } from "@/components/ui/button";
import { type EmptyListProps, ListFoot, NoMatch, StillLooking } from "@/components/ui/list/list-states";
import { useLoadUntilFound } from "@/components/ui/list/load-until-found";
import { NewPill } from "@/components/ui/list/new-pill";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { AUDIT_QUERY } from "@/contract/query/audit";
import { AuditFilters } from "./audit-filters";
import { AuditTable } from "./audit-table";
import { ExportMenu } from "./export-menu";
import { AUDIT_FILTERS, type AuditFilter, auditInput, EVERYBODY, isFiltered, listedFilter } from "./filter";
import { useAuditNews } from "./use-audit-news";

/** Pages that are looked through by themselves where none holds anything, of 5,000 rows each. */
const STEPS_MAX = 20;
const STEP_ROWS = 5_000;

/** Who did what: what operators, programs, runners and the server's own loops changed. */
export function AuditView() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { tenantId } = useIdentity();
  const [{ all, ...requestedFilter }, setFilter] = useQueryStates(
    { ...AUDIT_FILTERS, ...EVERYBODY },
    { history: "replace" },
  );
  const filter = listedFilter(requestedFilter, all);
  const options = auditPages(trpc, auditInput(filter));
  const query = useInfiniteQuery(options);
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  const newCount = useAuditNews(auditInput(filter), rows);
  const onChange = (change: Partial<AuditFilter> | null) => {
    if (change === null) return void setFilter(null);
    const next = { ...filter, ...change };
    void setFilter({ ...next, all: !isFiltered(next) });
  };
  const [steps, setSteps] = useState(STEPS_MAX);
  const widening = useQueryWidening(AUDIT_QUERY, filter, onChange);
  const isSearching = useLoadUntilFound(query, rows.length, steps);
  const hasMore = rows.length === 0 && query.hasNextPage && !query.isError;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Audit"
        description="Who did what, and when. Every change is recorded."
        actions={
          <>
            <Link href={BULK_ADDRESS} className={buttonStyle()}>
              Bulk actions
            </Link>
            <ExportMenu filter={filter} />
          </>
        }
      >
        <AuditFilters filter={filter} onChange={onChange} />
      </PageHeader>
      <NewPill
        count={query.data === undefined ? 0 : newCount}
        noun="new row"
        onShow={() => void client.invalidateQueries({ queryKey: options.queryKey })}
      />
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <QueryView query={query}>
          {() =>
            isSearching ? (
              <StillLooking>Searching older entries…</StillLooking>
            ) : hasMore ? (
              <EmptyState
                title="No matches so far"
                action={<Button onClick={() => setSteps(steps + STEPS_MAX)}>Search further back</Button>}
              >
                No match in the newest {(steps * STEP_ROWS).toLocaleString("en")} entries.
              </EmptyState>
            ) : rows.length === 0 ? (
              <EmptyList hasFilter={isFiltered(filter)} widening={widening} onClear={() => onChange(null)} />
            ) : (
              <>
                <AuditTable rows={rows} hasTenants={tenantId === null} onChange={onChange} />
                <ListFoot count={rows.length} noun="event" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
    </div>
  );
}

function EmptyList({ hasFilter, widening, onClear }: EmptyListProps) {
  if (hasFilter) {
    return <NoMatch noun="event" onClear={onClear} widening={widening} />;
  }
  return (
    <EmptyState title="No entries yet">
      Every change is recorded here.{" "}
      <DocLink name="architecture" anchor="identity">
        Who may do what
      </DocLink>
    </EmptyState>
  );
}
