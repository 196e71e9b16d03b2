import { Info } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";

/** In the place of a message that the address names and that is not shown: why, and where it is. */
export function SpotAway({ id, href, children }: { id?: string; href?: string; children: ReactNode }) {
  return (
    <p
      id={id}
      role="status"
      className="flex flex-wrap items-center justify-center gap-x-2 rounded-md bg-hover px-3 py-2 text-sm text-ink-2"
    >
      <Info aria-hidden className="size-4 shrink-0" /> {children}
      {href !== undefined && (
        <Link href={href} className="leading-6 font-medium text-accent hover:underline">
          View it in the trace
        </Link>
      )}
    </p>
  );
}
