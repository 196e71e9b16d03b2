"use client";
import { SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { Menu } from "./menu";

/** The calls of the API that do what a page does, each to be copied. */
export function CurlMenu({ children }: { children: ReactNode }) {
  return (
    <Menu
      trigger={
        <Button size="icon" aria-label="Copy as curl" title="Copy as curl">
          <SquareTerminal aria-hidden className="size-4" />
        </Button>
      }
    >
      {children}
    </Menu>
  );
}
