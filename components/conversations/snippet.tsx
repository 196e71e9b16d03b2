import { revealHidden } from "@/components/ui/hidden-characters";
import type { FoundMessage } from "@/contract/conversation";

/** Part of a message, with the words that were searched for marked. */
export function Snippet({ parts }: { parts: FoundMessage["snippet"] }) {
  return parts.map((part, index) => {
    const shown = revealHidden(part.text);
    return part.isMatch ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never change places.
      <mark key={index} className="rounded-xs bg-accent-soft font-medium text-ink">
        {shown}
      </mark>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never change places.
      <span key={index}>{shown}</span>
    );
  });
}
