import Link from "next/link";
import { buttonStyle } from "@/components/ui/button";

/** In the place of a page that is not there. */
export function NothingHere() {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-14 text-center">
      <h1 className="text-sm font-semibold">Page not found</h1>
      <p className="text-sm text-ink-2">
        The link may be wrong, or the record was deleted or belongs to another tenant.
      </p>
      <div className="mt-2">
        <Link href="/" className={buttonStyle()}>
          Back to overview
        </Link>
      </div>
    </div>
  );
}
