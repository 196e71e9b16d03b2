import type { KeyboardEvent, ReactNode } from "react";
import { NewPill } from "@/components/ui/list/new-pill";
import { PeekSpace } from "./peek-space";

type PeekedPageProps = {
  header: ReactNode;
  /** What is done to those that are chosen. */
  bulk: { bar: ReactNode; onKeyDown: (event: KeyboardEvent) => void };
  peek: { open: (id: string) => void; onKeyDown: (event: KeyboardEvent) => boolean };
  newRows: { count: number; show: () => void };
  /** What one row is. */
  noun: string;
  /** The list, and the panel at its side. */
  children: ReactNode;
};

/** The page of a list whose rows are chosen and looked into. */
export function PeekedPage({ header, bulk, peek, newRows, noun, children }: PeekedPageProps) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc closes the panel, then lets go of what is chosen.
    <div
      className="flex h-full min-h-0 flex-col"
      onKeyDown={(event) => {
        if (!peek.onKeyDown(event)) bulk.onKeyDown(event);
      }}
    >
      {header}
      {bulk.bar}
      <NewPill count={newRows.count} noun={`new ${noun}`} onShow={newRows.show} />
      <PeekSpace onOpen={peek.open}>{children}</PeekSpace>
    </div>
  );
}
