"use client";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import type { DialogProps } from "./dialog";

/** A form's buttons stay in sight, however long the form is. */
const FOOT =
  "[&_form>:last-child:has([type=submit])]:sticky [&_form>:last-child:has([type=submit])]:-bottom-4 [&_form>:last-child:has([type=submit])]:z-10 [&_form>:last-child:has([type=submit])]:-mx-4 [&_form>:last-child:has([type=submit])]:-mb-4 [&_form>:last-child:has([type=submit])]:rounded-b-xl [&_form>:last-child:has([type=submit])]:border-t [&_form>:last-child:has([type=submit])]:bg-raised [&_form>:last-child:has([type=submit])]:px-4 [&_form>:last-child:has([type=submit])]:py-3";

/** A modal dialog: focus is trapped, Escape closes, focus returns to what opened it. A bottom sheet on phones. */
export function DialogPopup({
  isOpen,
  onOpenChange,
  title,
  description,
  children,
  className,
  initialFocus,
}: DialogProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/35 transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Popup
          initialFocus={initialFocus}
          className={cn(
            "fixed z-50 flex max-h-[min(92dvh,48rem)] flex-col rounded-xl border bg-raised shadow-pop transition-opacity",
            "inset-x-2 bottom-2 sm:inset-x-auto sm:top-[12dvh] sm:bottom-auto sm:max-h-[min(86dvh,48rem)] sm:left-1/2 sm:w-[min(34rem,calc(100vw-2rem))] sm:-translate-x-1/2",
            "data-ending-style:opacity-0 data-starting-style:opacity-0",
            className,
          )}
        >
          <header className="border-b py-3 pr-12 pl-4">
            <Base.Title className="text-sm font-semibold">{title}</Base.Title>
            {description !== undefined && (
              <Base.Description className="mt-0.5 text-xs text-ink-2">{description}</Base.Description>
            )}
          </header>
          <div className={cn("scroll-thin min-h-0 overflow-y-auto p-4", FOOT)}>{children}</div>
          {/* Last in order, so that the first field gets the focus and not the way out. */}
          <Base.Close
            render={<Button variant="ghost" size="icon-sm" className="absolute top-2.5 right-3" aria-label="Close" />}
          >
            <X aria-hidden className="size-4" />
          </Base.Close>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
