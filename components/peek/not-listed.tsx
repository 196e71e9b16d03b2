"use client";
import { recordAddress } from "@/components/shell/addresses";
import { shortenId } from "@/components/ui/format";
import { PeekBody, PeekPanel } from "./peek-panel";

/** What stands at the side of a list whose address looks into a row that is not among those that were read. */
export function NotListed({ id, noun, onClose }: { id: string; noun: string; onClose: () => void }) {
  return (
    <PeekPanel id={id} title={shortenId(id)} state={null} href={recordAddress(id)} onClose={onClose}>
      <PeekBody>
        <p role="status" className="text-sm text-ink-2">
          This {noun} isn't in the loaded rows. It may be further down or hidden by a filter. Open its page for details.
        </p>
      </PeekBody>
    </PeekPanel>
  );
}
