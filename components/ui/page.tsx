import type { ReactNode } from "react";
import { cn } from "./class-names";
import { revealHidden } from "./hidden-characters";

type PageHeaderProps = { title: ReactNode; description?: ReactNode; actions?: ReactNode; children?: ReactNode };

/** A page's name, what it is for in one line, and its main actions. */
export function PageHeader({ title, description, actions, children }: PageHeaderProps) {
  return (
    <header className="flex flex-col gap-3 border-b bg-panel px-4 py-3 lg:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 max-sm:items-start">
        <div className="min-w-0 flex-1 basis-40">
          <h1 className="text-base font-semibold tracking-tight">{title}</h1>
          {description !== undefined && <p className="text-xs wrap-anywhere text-ink-2">{description}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </header>
  );
}

/** Nothing to show: says what would be here and how to get it. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <p className="text-sm font-semibold">{title}</p>
      {children !== undefined && <div className="text-sm text-ink-2">{children}</div>}
      {action !== undefined && <div className="mt-2">{action}</div>}
    </div>
  );
}

/** Grey bars in the place of rows, for someone who waits longer than a blink. */
export function TableSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="animate-appear-late flex flex-col gap-px p-4">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the bars have no identity and never change places.
        <div key={row} className="flex h-9 items-center gap-4 border-b">
          <span className="h-3 w-20 rounded bg-hover" />
          <span className={cn("h-3 rounded bg-hover", row % 3 === 0 ? "w-2/5" : row % 3 === 1 ? "w-1/3" : "w-1/2")} />
          <span className="ml-auto h-3 w-16 rounded bg-hover" />
        </div>
      ))}
    </div>
  );
}

/** A table in a panel begins where the panel's title does. */
const TABLE =
  "lg:[&_:is([role=cell],[role=columnheader]):first-child]:pl-4 lg:[&_:is([role=cell],[role=columnheader]):last-child]:pr-4";

/** A titled box of related facts. */
export function Panel({
  title,
  actions,
  children,
  className,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <section className={cn("min-w-0 rounded-lg border bg-panel", TABLE, className)}>
      <header className="flex min-h-10 flex-wrap items-center justify-between gap-x-2 gap-y-1 border-b px-4 py-1.5">
        <h2 className="text-sm font-semibold">{title}</h2>
        {actions}
      </header>
      {children}
    </section>
  );
}

export type Fact = readonly [name: string, value: ReactNode];

/** Pairs of a name and its value; one whose value is null is left out. */
export function Facts({ items, className }: { items: readonly Fact[]; className?: string }) {
  return (
    <dl className={cn("grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-4 gap-y-1.5 text-xs", className)}>
      {items.map(([name, value]) =>
        value === null ? null : (
          <div key={name} className="contents">
            <dt className="text-ink-3">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">{typeof value === "string" ? revealHidden(value) : value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
