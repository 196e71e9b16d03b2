import Link from "next/link";
import { buttonStyle } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";

export default function NotFound() {
  return (
    <main className="flex min-h-dvh items-center">
      <EmptyState
        title="There is nothing here"
        action={
          <Link href="/sessions" className={buttonStyle()}>
            All sessions
          </Link>
        }
      >
        The address may be wrong, or what it leads to was deleted or belongs to another tenant.
      </EmptyState>
    </main>
  );
}
