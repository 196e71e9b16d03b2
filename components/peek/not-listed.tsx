"use client";
import { recordAddress } from "@/components/shell/addresses";
import { shortenId } from "@/components/ui/format";
import { PeekBody, PeekPanel } from "./peek-panel";

/** What stands at the side of a list whose address looks into a row that is not among those that were read. */
export function NotListed({ id, one, onClose }: { id: string; one: string; onClose: () => void }) {
  return (
    <PeekPanel id={id} title={shortenId(id)} state={null} href={recordAddress(id)} onClose={onClose}>
      <PeekBody>
        <p role="status" className="text-sm text-ink-2">
          This {one} is not among the rows that are loaded: it is further down, or what narrows the list leaves it out.
          Its own page has all that is known of it.
        </p>
      </PeekBody>
    </PeekPanel>
  );
}
