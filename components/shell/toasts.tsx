"use client";
import { X } from "lucide-react";
import { Toaster } from "sonner";

/** What happened to an action, said once in a corner. */
export function Toasts() {
  return (
    <Toaster
      position="bottom-right"
      icons={{ close: <X aria-hidden className="size-4" /> }}
      toastOptions={{
        unstyled: true,
        closeButtonAriaLabel: "Dismiss",
        classNames: {
          toast: "flex w-full items-center gap-2 rounded-lg border bg-raised px-3.5 py-2.5 text-sm text-ink shadow-pop",
          error: "border-bad/50",
          actionButton: "ml-auto shrink-0 rounded-md border border-line-strong px-2 py-0.5 text-xs whitespace-nowrap",
          closeButton:
            "order-last ml-auto grid size-7 shrink-0 place-items-center self-start rounded-md text-ink-3 hover:bg-hover hover:text-ink",
        },
      }}
    />
  );
}
