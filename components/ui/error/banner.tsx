import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import { TONE_SOFT, type Tone } from "@/components/ui/state";

type BannerProps = { tone: Tone; icon: ReactNode; action?: ReactNode; children: ReactNode };

/** How a record stands, where that is not well: why, and what to do about it. */
export function Banner({ tone, icon, action, children }: BannerProps) {
  return (
    <div
      role="status"
      className={cn("flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg px-4 py-2.5 text-xs", TONE_SOFT[tone])}
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2">
        {icon}
        <span className="min-w-0 wrap-anywhere">{children}</span>
      </p>
      {action}
    </div>
  );
}
