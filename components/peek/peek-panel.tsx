"use client";
import { X } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useEffect } from "react";
import { createPortal } from "react-dom";
import { Button, buttonStyle } from "@/components/ui/button";
import { InPeek, usePeekSlot } from "./peek-space";

type PeekPanelProps = {
  /** The row's. */
  id: string;
  title: string;
  state: ReactNode;
  href: string;
  /** What can be done, beside opening its page. */
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
};

/** A look into a row at the side of its list. The list keeps the focus, so that keys go on to the next row. */
export function PeekPanel({ id, title, state, href, actions, onClose, children }: PeekPanelProps) {
  const slot = usePeekSlot();
  // A sheet takes a part of the list's height.
  useEffect(() => {
    document.querySelector(`[data-row="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [id]);
  if (slot === null) return null;
  return createPortal(
    <aside
      aria-label={`Preview of ${title}`}
      className="flex min-h-0 flex-col bg-panel shadow-pop max-sm:h-[70%] max-sm:shrink-0 max-sm:rounded-t-xl max-sm:border-t sm:absolute sm:inset-y-0 sm:right-0 sm:z-30 sm:w-96 sm:border-l xl:w-[32rem]"
    >
      <header className="flex items-center gap-2 border-b px-3 py-2">
        <h2 className="min-w-0 flex-1 truncate text-sm font-semibold" title={title}>
          {title}
        </h2>
        {state}
        {/* A dialog that asks about one row is never answered for the next. */}
        <InPeek key={id}>{actions}</InPeek>
        <Link href={href} className={buttonStyle({ size: "sm" })}>
          Open
        </Link>
        <Button variant="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden className="size-4" />
        </Button>
      </header>
      {children}
    </aside>,
    slot,
  );
}

/** What a panel has to say, a part below the other. */
export function PeekBody({ children }: { children: ReactNode }) {
  return <div className="scroll-thin flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto p-3">{children}</div>;
}

/** A part of a panel with its name. */
export function PeekPart({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-1">
      <h3 className="text-2xs font-medium text-ink-3">{title}</h3>
      {children}
    </section>
  );
}

/** Where more of it is read; what is not there is left out. */
export function PeekLinks({ links }: { links: readonly (readonly [name: string, href: string | null])[] }) {
  const there = links.filter(([, href]) => href !== null);
  if (there.length === 0) return null;
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {there.map(([name, href]) => (
        <Link key={name} href={href ?? ""} prefetch={false} className="leading-6 text-accent underline">
          {name}
        </Link>
      ))}
    </p>
  );
}
