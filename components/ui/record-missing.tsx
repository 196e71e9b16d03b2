import Link from "next/link";
import { usePathname } from "next/navigation";
import { buttonStyle } from "./button";
import { EmptyState } from "./page";

/** In the place of a record's page that leads to none; `name` is what it would be: `Session`. */
export function RecordMissing({ name }: { name: string }) {
  const list = usePathname().split("/").slice(0, -1).join("/");
  const listed = list.split("/").at(-1) ?? "";
  return (
    <EmptyState
      title={`${name} not found`}
      action={
        <Link href={list} className={buttonStyle()}>
          Back to {listed === "bulk" ? "bulk actions" : listed}
        </Link>
      }
    >
      It may have been deleted, or it belongs to another tenant.
    </EmptyState>
  );
}
