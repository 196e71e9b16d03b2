import { ChevronLeft } from "lucide-react";
import Link from "next/link";

/** The way up, before a page's title. */
export function BackTo({ href, name }: { href: string; name: string }) {
  return (
    <Link href={href} aria-label={name} className="rounded p-1 text-ink-3 hover:bg-hover hover:text-ink">
      <ChevronLeft aria-hidden className="size-4" />
    </Link>
  );
}
