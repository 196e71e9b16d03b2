import Link from "next/link";

/** The way to all of what a panel shows a part of. */
export function More({ href }: { href: string }) {
  return (
    <Link href={href} className="text-xs text-accent hover:underline">
      Show all
    </Link>
  );
}
