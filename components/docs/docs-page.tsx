import Link from "next/link";
import type { ReactNode } from "react";
import { docAddress } from "@/components/shell/addresses";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { TabLinks } from "@/components/ui/tabs";
import type { Doc, DocEntry, DocMatches } from "@/contract/docs";
import { DocSearch } from "./doc-search";
import { DocText } from "./doc-text";

type DocsPageProps = { docs: readonly DocEntry[]; current: string | null; title: string; children: ReactNode };

/** The frame of every page of the documentation: its documents, and a search through all of them. */
export function DocsPage({ docs, current, title, children }: DocsPageProps) {
  const all = { key: "", name: "All", href: "/docs" };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={title}
        description="Guides and reference for this version of AgentRun"
        actions={<DocSearch />}
      />
      <TabLinks
        label="Documents"
        current={current ?? ""}
        tabs={[all, ...docs.map((doc) => ({ key: doc.name, name: doc.title, href: docAddress(doc.name) }))]}
      />
      <ScrollRegion label={title} className="min-h-0 flex-1 bg-panel">
        {children}
      </ScrollRegion>
    </div>
  );
}

const LISTED_LEVEL = 2;
const sectionsOf = (doc: DocEntry) => doc.headings.filter(({ level }) => level === LISTED_LEVEL);

/** Every document with its sections. */
export function DocsIndex({ docs }: { docs: readonly DocEntry[] }) {
  return (
    <ul className="grid gap-6 p-4 sm:grid-cols-2 lg:grid-cols-3 lg:p-6">
      {docs.map((doc) => (
        <li key={doc.name} className="min-w-0">
          <h2 className="text-sm font-semibold">
            <Link href={docAddress(doc.name)} className="inline-block leading-6 hover:underline">
              {doc.title}
            </Link>
          </h2>
          <Sections doc={doc} />
        </li>
      ))}
    </ul>
  );
}

/** One document, with its sections beside it where there is room. */
export function DocPage({ doc, docs }: { doc: Doc; docs: readonly DocEntry[] }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8 p-4 xl:grid-cols-[minmax(0,1fr)_15rem] lg:p-6">
      <DocText doc={doc} names={docs.map(({ name }) => name)} />
      {sectionsOf(doc).length > 0 && (
        <nav aria-label="Sections" className="hidden text-sm xl:block">
          <div className="sticky top-6">
            <p className="text-xs font-semibold text-ink-3">On this page</p>
            <Sections doc={doc} />
          </div>
        </nav>
      )}
    </div>
  );
}

function Sections({ doc }: { doc: DocEntry }) {
  return (
    <ul className="mt-1 flex flex-col text-xs">
      {sectionsOf(doc).map(({ anchor, text }) => (
        <li key={anchor}>
          <Link
            href={docAddress(doc.name, anchor)}
            className="inline-block leading-6 text-ink-2 hover:text-ink hover:underline"
          >
            {text}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Sections that hold what was looked for. */
export function DocResults({ search, matches }: { search: string; matches: DocMatches }) {
  if (matches.items.length === 0) {
    return <EmptyState title={`No results for “${search}”`}>Try a shorter or different term.</EmptyState>;
  }
  return (
    <ul aria-label="Results" className="flex max-w-3xl flex-col gap-4 p-4 lg:p-6">
      {matches.items.map(({ name, title, heading, anchor, excerpt }) => (
        <li key={`${name}#${anchor}`}>
          <Link
            href={docAddress(name, anchor ?? undefined)}
            className="text-sm font-medium text-accent hover:underline"
          >
            {heading}
          </Link>
          <p className="text-2xs text-ink-3">{title}</p>
          <p className="text-xs text-ink-2">{excerpt}</p>
        </li>
      ))}
      {matches.isPartial && (
        <li className="text-xs text-ink-3">Showing the first results. Refine your search to see fewer.</li>
      )}
    </ul>
  );
}
