"use client";
import { Command } from "cmdk";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { Dialog } from "@/components/ui/dialog/dialog";

/** What is found, as a row. */
export const FOUND_ROW =
  "flex cursor-default items-center gap-3 rounded-md px-2.5 py-2 text-sm aria-selected:bg-accent-soft";

type FinderProps = {
  title: string;
  /** What is found in it. */
  label: string;
  placeholder: string;
  search: string;
  onSearch: (search: string) => void;
  /** What is said where nothing is found; null while that is not known. */
  empty: string | null;
  onClose: () => void;
  /** Items, of which whoever puts them there has left those that match. */
  children: ReactNode;
  /** What stands below them. */
  foot?: ReactNode;
};

/** A dialog in which something is found by typing, and chosen by keys. */
export function Finder({ title, label, placeholder, search, onSearch, empty, onClose, children, foot }: FinderProps) {
  const { list, value, choose, startOver, onMove } = useChosen();
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={title}
      className="sm:w-[min(38rem,calc(100vw-2rem))]"
    >
      <Command
        label={label}
        shouldFilter={false}
        value={value}
        onValueChange={choose}
        onKeyDownCapture={(event) => MOVES.has(event.key) && onMove()}
        onPointerMoveCapture={onMove}
      >
        <Command.Input
          value={search}
          onValueChange={(text) => {
            startOver();
            onSearch(text);
          }}
          placeholder={placeholder}
          className="mb-2 h-10 w-full rounded-md border border-line-strong bg-panel px-3 text-sm outline-none placeholder:text-ink-3 focus-visible:outline-2 max-sm:text-base"
        />
        <Command.List ref={list} className="scroll-thin max-h-[50dvh] overflow-y-auto">
          {empty !== null && (
            <Command.Empty className="px-3 py-6 text-center text-sm text-ink-2">{empty}</Command.Empty>
          )}
          {children}
        </Command.List>
        {foot}
      </Command>
    </Dialog>
  );
}

const MOVES = new Set(["ArrowDown", "ArrowUp", "Home", "End"]);

/** The first of what is found is chosen, whatever comes above it, until somebody moves to another. */
function useChosen() {
  const list = useRef<HTMLDivElement>(null);
  const hasMoved = useRef(false);
  const [value, setValue] = useState("");
  // The rows come and go with what is found: the list itself says which is the first.
  useLayoutEffect(() => {
    if (hasMoved.current) return;
    setValue(list.current?.querySelector("[cmdk-item]")?.getAttribute("data-value") ?? "");
  });
  return {
    list,
    value,
    choose: (chosen: string) => hasMoved.current && setValue(chosen),
    startOver: () => {
      hasMoved.current = false;
    },
    onMove: () => {
      hasMoved.current = true;
    },
  };
}
