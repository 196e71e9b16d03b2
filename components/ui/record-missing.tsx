import Link from "next/link";
import { usePathname } from "next/navigation";
import { useListAddress } from "@/components/shell/list-address";
import { Banner } from "./banner";
import { buttonStyle } from "./button";
import { EmptyState } from "./page";

type RecordProps = {
  /** What the record is: `Session`. */
  name: string;
};

/** In the place of a record's page that leads to none. */
export function RecordMissing({ name }: RecordProps) {
  return (
    <EmptyState title={`${name} not found`} action={<ListLink className={buttonStyle()} />}>
      It may have been deleted, or it belongs to another tenant.
    </EmptyState>
  );
}

/** Above a record that somebody deleted while it is shown: what was read of it stays. */
export function RecordGone({ name }: RecordProps) {
  return (
    <Banner>
      <span>{name} deleted. This page shows what it was.</span>
      <ListLink className="leading-6 font-medium underline" />
    </Banner>
  );
}

/** Leads from a record's page to the list that it is of, as it was shown last. */
function ListLink({ className }: { className: string }) {
  const list = usePathname().split("/").slice(0, -1).join("/");
  const listed = list.split("/").at(-1) ?? "";
  return (
    <Link href={useListAddress(list)} className={className}>
      Back to {listed === "bulk" ? "bulk actions" : listed}
    </Link>
  );
}
