import Link from "next/link";
import { Id } from "@/components/ui/copy";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Time } from "@/components/ui/time/time";

const None = () => <span className="text-ink-3">none</span>;

/** An id, to be copied without opening its row. */
export function IdCell({ id }: { id: string | null }) {
  if (id === null) return <None />;
  return (
    <span className="relative z-10 inline-flex max-w-full">
      <Id id={id} />
    </span>
  );
}

/** Another record of which a row tells. */
export function LinkCell({ id, href }: { id: string | null; href: (id: string) => string }) {
  if (id === null) return <None />;
  return (
    <Link href={href(id)} title={id} className="relative z-10 font-mono whitespace-nowrap text-accent hover:underline">
      {shortenId(id)}
    </Link>
  );
}

/** Text that somebody wrote, as much of it as there is room for. */
export function TextCell({ text }: { text: string | null }) {
  if (text === null || text === "") return <None />;
  const shown = revealHidden(text.slice(0, SHOWN_MAX));
  return (
    <span title={shown} className="block max-w-56 truncate">
      {shown}
    </span>
  );
}

const SHOWN_MAX = 500;

/** When something is or was, where that is known. */
export function TimeCell({ at }: { at: string | null }) {
  return at === null ? <None /> : <Time at={at} className="whitespace-nowrap" />;
}
