"use client";
import { Menu as Base } from "@base-ui/react/menu";
import type { ReactElement, ReactNode } from "react";
import { cn } from "./class-names";

type MenuProps = { trigger: ReactElement; children: ReactNode; align?: "start" | "end"; side?: "top" | "bottom" };

/** A menu of actions below the element that opens it. */
export function Menu({ trigger, children, align = "end", side = "bottom" }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      {/* A landmark of its own: a portal lies outside the page's. */}
      <Base.Portal render={<section aria-label="Menu" />}>
        <Base.Positioner side={side} sideOffset={4} align={align} className="z-50 outline-none">
          <Base.Popup className="min-w-44 rounded-lg border bg-raised p-1 shadow-pop outline-none">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

type ItemProps = { onSelect: () => void; children: ReactNode; isDanger?: boolean; isDisabled?: boolean };

export function MenuItem({ onSelect, children, isDanger, isDisabled }: ItemProps) {
  return (
    <Base.Item
      onClick={onSelect}
      disabled={isDisabled}
      className={cn(
        "flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3",
        isDanger && "text-bad",
      )}
    >
      {children}
    </Base.Item>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
