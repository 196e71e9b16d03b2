"use client";
import Link from "next/link";
import { type ReactNode, useEffect, useRef } from "react";
import { cn } from "./class-names";

export type Tab = { key: string; name: string; href: string; badge?: ReactNode };

/** Tabs that are links, so that each has an address of its own. */
export function TabLinks({ label, tabs, current }: { label: string; tabs: Tab[]; current: string }) {
  const strip = useRef<HTMLElement>(null);
  // Where not all of them fit, the one that is shown is in sight.
  useEffect(() => {
    const [nav, tab] = [
      strip.current,
      strip.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(current)}"]`),
    ];
    if (nav && tab) nav.scrollLeft = tab.offsetLeft - nav.offsetLeft - (nav.clientWidth - tab.offsetWidth) / 2;
  }, [current]);
  return (
    <nav
      ref={strip}
      aria-label={label}
      className="scroll-thin flex shrink-0 gap-1 overflow-x-auto border-b bg-panel px-3 lg:px-5"
    >
      {tabs.map((tab) => (
        <Link
          key={tab.key}
          href={tab.href}
          scroll={false}
          data-tab={tab.key}
          aria-current={tab.key === current ? "page" : undefined}
          className={cn(
            "-mb-px flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm whitespace-nowrap text-ink-2 hover:text-ink focus-visible:-outline-offset-2",
            tab.key === current && "border-accent font-medium text-ink",
          )}
        >
          {tab.name}
          {tab.badge}
        </Link>
      ))}
    </nav>
  );
}
