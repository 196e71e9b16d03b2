import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import type { ListColumn } from "@/contract/query/arrangement";
import type { QueryPage } from "@/contract/query/page";
import { SESSION_COLUMNS, SESSION_QUERY, type SessionFilter } from "@/contract/query/sessions";

/** Where there is one profile, a column of it says nothing: it is there to be chosen. */
const WITHOUT_PROFILE: readonly ListColumn[] = SESSION_COLUMNS.map((column) =>
  column.id === "profile" ? { ...column, isOptional: true } : column,
);
const ONE_PROFILE: QueryPage<SessionFilter> = {
  ...SESSION_QUERY,
  arrangements: { columns: WITHOUT_PROFILE, groups: SESSION_QUERY.arrangements?.groups ?? [] },
};

/** The query of sessions, with the columns that the list has by itself where this is installed. */
export function useSessionQuery(): QueryPage<SessionFilter> {
  const backends = useQuery(useTRPC().backends.list.queryOptions()).data?.items ?? [];
  return backends.filter(({ isConfigured }) => isConfigured).length === 1 ? ONE_PROFILE : SESSION_QUERY;
}
