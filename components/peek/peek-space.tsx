"use client";
import { createContext, type ReactNode, use, useState } from "react";

const SlotContext = createContext<HTMLElement | null>(null);
const OpenContext = createContext<((id: string) => void) | null>(null);

type PeekSpaceProps = {
  /** Opens the panel at a row, for what has no keys; left out where the list itself tells its rows. */
  onOpen?: (id: string) => void;
  children: ReactNode;
};

/**
 * A list, and the room at its side for a look into one of its rows: over the list, so that nothing of it changes its place;
 * on a phone a sheet below it.
 */
export function PeekSpace({ onOpen, children }: PeekSpaceProps) {
  const [slot, setSlot] = useState<HTMLElement | null>(null);
  return (
    <SlotContext value={slot}>
      <OpenContext value={onOpen ?? null}>
        <div className="relative flex min-h-0 flex-1 max-sm:flex-col">
          {children}
          <div ref={setSlot} className="contents" />
        </div>
      </OpenContext>
    </SlotContext>
  );
}

/** What is within a panel opens none. */
export function InPeek({ children }: { children: ReactNode }) {
  return <OpenContext value={null}>{children}</OpenContext>;
}

/** Where a panel stands; null until the page is there. */
export const usePeekSlot = () => use(SlotContext);

/** Opens the panel at a row; null where rows are not looked into. */
export const usePeekOpener = () => use(OpenContext);
