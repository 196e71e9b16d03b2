"use client";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { cn } from "./class-names";

type DialogProps = {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
};

/** A modal dialog: focus is trapped, Escape closes, focus returns to what opened it. A bottom sheet on phones. */
export function Dialog({ isOpen, onOpenChange, title, description, children, className }: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/35 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          className={cn(
            "fixed z-50 flex max-h-[min(92dvh,48rem)] flex-col rounded-xl border bg-raised shadow-pop transition-opacity",
            "inset-x-2 bottom-2 sm:inset-x-auto sm:top-[12dvh] sm:bottom-auto sm:left-1/2 sm:w-[min(34rem,calc(100vw-2rem))] sm:-translate-x-1/2",
            "data-ending-style:opacity-0 data-starting-style:opacity-0",
            className,
          )}
        >
          <header className="flex items-start justify-between gap-4 border-b px-4 py-3">
            <div>
              <Base.Title className="text-sm font-semibold">{title}</Base.Title>
              {description !== undefined && (
                <Base.Description className="mt-0.5 text-xs text-ink-2">{description}</Base.Description>
              )}
            </div>
            <Base.Close render={<Button look="ghost" size="icon-sm" aria-label="Close" />}>
              <X aria-hidden className="size-4" />
            </Base.Close>
          </header>
          <div className="scroll-thin min-h-0 overflow-y-auto p-4">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
