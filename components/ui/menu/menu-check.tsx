"use client";
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { useMenuParts } from "./menu";

type MenuCheckProps = { isOn: boolean; onToggle: () => void; children: ReactNode };

/** What can be on or off, in a menu that stays open while it is changed. */
export function MenuCheck({ isOn, onToggle, children }: MenuCheckProps) {
  const { CheckboxItem } = useMenuParts();
  return (
    <CheckboxItem
      checked={isOn}
      onCheckedChange={onToggle}
      closeOnClick={false}
      className="flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none select-none data-highlighted:bg-hover max-sm:py-2.5"
    >
      <Check aria-hidden className={isOn ? "size-3.5 shrink-0" : "invisible size-3.5 shrink-0"} />
      {children}
    </CheckboxItem>
  );
}
