"use client";
import { RotateCw } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { isNotFound, readError, type ShownError } from "@/components/trpc/errors";
import { ErrorFacts } from "@/components/ui/error/error-facts";
import { Banner } from "./banner";
import { Button } from "./button";
import { revealHidden } from "./hidden-characters";
import { PageHeader, TableSkeleton } from "./page";

// A page of what there is does without.
const RecordMissing = dynamic(() => import("./record-missing").then((module) => module.RecordMissing));
const RecordGone = dynamic(() => import("./record-missing").then((module) => module.RecordGone));

type QueryLike<Data> = {
  data: Data | undefined;
  error: unknown;
  isFetching: boolean;
  /** How often it failed; a query of another key begins anew. */
  errorUpdateCount: number;
  refetch: () => unknown;
};

type QueryViewProps<Data> = {
  query: QueryLike<Data>;
  /** Of a whole page: what stands above it while there is nothing to take a heading from. */
  heading?: string;
  skeleton?: ReactNode;
  children: (data: Data) => ReactNode;
};

/** The states of anything that is loaded: a skeleton, an error that says what to do, the data, or stale data and why. */
export function QueryView<Data>({ query, heading, skeleton, children }: QueryViewProps<Data>) {
  const error = useLastError(query);
  if (query.data === undefined) {
    if (error === null) return skeleton ?? <TableSkeleton />;
    return (
      <>
        {heading !== undefined && <PageHeader title={heading} />}
        {heading !== undefined && isNotFound(error) ? (
          <RecordMissing name={heading} />
        ) : (
          <ErrorCard error={readError(error)} onRetry={() => query.refetch()} isRetrying={query.isFetching} />
        )}
      </>
    );
  }
  const isGone = heading !== undefined && isNotFound(query.error);
  return (
    <>
      {isGone && <RecordGone name={heading} />}
      {query.error && !isGone ? <StaleBanner error={readError(query.error)} onRetry={() => query.refetch()} /> : null}
      {children(query.data)}
    </>
  );
}

/**
 * Why there is nothing yet; null before that is known. A query that has nothing forgets why while it is tried again: what
 * is read would go, and come back, by itself or under the hand that pressed the button.
 */
function useLastError({ error, errorUpdateCount }: QueryLike<unknown>): unknown {
  const [last, setLast] = useState<unknown>(null);
  if (error != null && error !== last) setLast(error);
  return error ?? (errorUpdateCount > 0 ? last : null);
}

const HELP: Record<string, string> = {
  forbidden: "Your role doesn't allow this. Ask an administrator.",
  "not-found": "It may have been deleted, or it belongs to another tenant.",
  "database-down": "Retrying. The Status page shows which part is down.",
};

type ErrorCardProps = { error: ShownError; onRetry?: () => void; isRetrying?: boolean };

export function ErrorCard({ error, onRetry, isRetrying }: ErrorCardProps) {
  return (
    <div
      role="alert"
      className="m-4 flex max-w-2xl flex-col gap-2 rounded-lg border border-bad/40 bg-bad-soft p-4 text-sm lg:mx-6"
    >
      <p className="font-semibold text-bad">{revealHidden(error.message)}</p>
      {HELP[error.reason] !== undefined && <p className="text-ink-2">{HELP[error.reason]}</p>}
      <ErrorFacts error={error} className="text-xs" />
      {onRetry !== undefined && (
        <Button size="sm" className="self-start" disabled={isRetrying} onClick={onRetry}>
          <RotateCw aria-hidden className="size-3.5" /> {isRetrying ? "Retrying…" : "Try again"}
        </Button>
      )}
    </div>
  );
}

/** The banner of the whole console says these, also when they are over. */
const EXPLAINED_BY_BANNER = new Set(["unreachable", "database-down"]);

function StaleBanner({ error, onRetry }: { error: ShownError; onRetry: () => void }) {
  if (EXPLAINED_BY_BANNER.has(error.reason)) return null;
  return (
    <Banner>
      <span>
        {revealHidden(error.message)} <ErrorFacts error={error} />
      </span>
      <Button variant="ghost" size="sm" className="text-warn" onClick={onRetry}>
        Try again
      </Button>
    </Banner>
  );
}
