"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { recordAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { bulkResultPages } from "@/components/trpc/lists";
import { Dialog } from "@/components/ui/dialog";
import { shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { LoadMore } from "@/components/ui/load-more";
import { QueryView } from "@/components/ui/query-view";
import type { BulkAction } from "@/contract/bulk";
import { ONE } from "./verbs";

/** What became of each, those that were refused alone where there are any. */
export function ResultsDialog({ bulk, onClose }: { bulk: BulkAction; onClose: () => void }) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(bulkResultPages(trpc, bulk.id, bulk.refused > 0 ? "refused" : undefined));
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`What became of each ${ONE[bulk.kind]}`}
      description={bulk.refused > 0 ? "Those that were refused." : undefined}
    >
      <QueryView query={query}>
        {(data) => (
          <>
            <ul className="flex flex-col text-xs">
              {data.pages
                .flatMap((page) => page.items)
                .map((result) => (
                  <li key={result.targetId} className="flex flex-wrap gap-x-3 border-b py-1.5">
                    <RecordLink id={result.targetId} />
                    <span>{result.outcome}</span>
                    {result.madeId !== null && (
                      <span>
                        now <RecordLink id={result.madeId} />
                      </span>
                    )}
                    <span className="min-w-0 text-ink-2">{showTricks(result.message)}</span>
                  </li>
                ))}
            </ul>
            <p className="flex justify-center pt-3">
              <LoadMore query={query} />
            </p>
          </>
        )}
      </QueryView>
    </Dialog>
  );
}

function RecordLink({ id }: { id: string }) {
  return (
    <Link href={recordAddress(id)} prefetch={false} className="font-mono text-accent hover:underline">
      {shortenId(id)}
    </Link>
  );
}
