import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";

type FoldBoxProps = { summary: ReactNode; children: ReactNode; isOpen?: boolean; className?: string };

/** Something that is there when wanted: one line that opens. Uses the platform's own element, so the keyboard works. */
export function FoldBox({ summary, children, isOpen, className }: FoldBoxProps) {
  return (
    <details open={isOpen} className={cn("group/fold min-w-0 rounded-md border bg-panel", className)}>
      <summary className="flex min-h-8 min-w-0 list-none items-center gap-2 rounded-md px-2.5 py-1 text-xs text-ink-2 hover:bg-hover [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          className="size-3.5 shrink-0 text-ink-3 transition-transform group-open/fold:rotate-90"
        />
        {summary}
      </summary>
      <div className="border-t">{children}</div>
    </details>
  );
}
