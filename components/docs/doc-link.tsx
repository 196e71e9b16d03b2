import Link from "next/link";
import type { ReactNode } from "react";
import { docAddress } from "@/components/shell/addresses";

type DocLinkProps = { name: string; anchor?: string; children: ReactNode };

/** Leads to where a document answers what a page leaves open. */
export function DocLink({ name, anchor, children }: DocLinkProps) {
  return (
    <Link href={docAddress(name, anchor)} className="text-accent underline">
      {children}
    </Link>
  );
}
