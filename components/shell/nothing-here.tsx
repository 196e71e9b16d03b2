import Link from "next/link";
import { buttonStyle } from "@/components/ui/button";

/** In the place of a page that is not there. */
export function NothingHere() {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <h1 className="text-sm font-semibold">There is nothing here</h1>
      <p className="text-sm text-ink-2">
        The address may be wrong, or what it leads to was deleted or belongs to another tenant.
      </p>
      <div className="mt-2">
        <Link href="/sessions" className={buttonStyle()}>
          All sessions
        </Link>
      </div>
    </div>
  );
}
