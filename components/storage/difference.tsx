"use client";
import Link from "next/link";
import { storageAddress } from "@/components/shell/addresses";
import { formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { GcDifference, GcEntry } from "@/contract/storage";
import { explainKeeper } from "./explain";

/** What a clean-up did otherwise than the dry run before it had said, volume by volume once it is unfolded. */
export function Difference({ difference }: { difference: GcDifference | null }) {
  if (difference === null) return <span className="text-ink-3">none before it</span>;
  const { planned, stayed, surplus } = difference;
  if (stayed.count + surplus.count === 0) return `As planned: ${formatPlural(planned, "volume")}`;
  return (
    <details>
      <summary className="w-fit font-medium text-warn marker:text-ink-3">
        {[
          ...(stayed.count > 0 ? [`${stayed.count} of ${planned} kept`] : []),
          ...(surplus.count > 0 ? [`${surplus.count} evicted in addition`] : []),
        ].join(", ")}
      </summary>
      <Named name="Planned but kept" {...stayed} />
      <Named name="Evicted but not planned" {...surplus} />
    </details>
  );
}

function Named({ name, count, items }: { name: string; count: number; items: readonly GcEntry[] }) {
  if (count === 0) return null;
  return (
    <section aria-label={name} className="mt-1">
      <h3 className="text-2xs text-ink-3">{name}</h3>
      <ul>
        {items.map(({ sessionId, reason }) => (
          <li key={sessionId} className="flex flex-wrap items-baseline gap-x-2">
            <Link href={storageAddress(sessionId)} title={revealHidden(sessionId)} className="relative z-10 underline">
              <code>{shortenId(sessionId)}</code>
            </Link>
            <span className="text-ink-2 wrap-anywhere">{explainKeeper(reason)}</span>
          </li>
        ))}
        {items.length < count && <li className="text-ink-3">and {count - items.length} more</li>}
      </ul>
    </section>
  );
}
