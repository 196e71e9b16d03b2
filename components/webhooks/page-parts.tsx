import { ChevronLeft } from "lucide-react";
import Link from "next/link";
import { useIdentity } from "@/components/shell/identity";
import { showTricks } from "@/components/ui/hidden-text";
import { EmptyState } from "@/components/ui/page";

/** The way up, before a page's title. */
export function BackTo({ href, name }: { href: string; name: string }) {
  return (
    <Link href={href} aria-label={name} className="rounded p-1 text-ink-3 hover:bg-hover hover:text-ink">
      <ChevronLeft aria-hidden className="size-4" />
    </Link>
  );
}

/** What anybody else is told in the place of webhooks. */
export function AdminsOnly() {
  const { name, role } = useIdentity();
  return (
    <EmptyState title="Webhooks are an administrator's">
      You are signed in as {showTricks(name)}, whose role is {role}: this needs the role admin.
    </EmptyState>
  );
}
