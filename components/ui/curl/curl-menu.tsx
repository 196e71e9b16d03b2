"use client";
import { SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu/menu";

/** The calls of the API that do what a page does, each to be copied; `of` names what they are about, where a page has several. */
export function CurlMenu({ of, isSmall = false, children }: { of?: string; isSmall?: boolean; children: ReactNode }) {
  const label = of === undefined ? "Copy as curl" : `Copy ${of} as curl`;
  return (
    <Menu
      trigger={
        <Button size={isSmall ? "icon-sm" : "icon"} aria-label={label} title={label}>
          <SquareTerminal aria-hidden className={isSmall ? "size-3.5" : "size-4"} />
        </Button>
      }
    >
      {children}
    </Menu>
  );
}
