import { X } from "lucide-react";
import { Button } from "./button";
import { revealHidden } from "./hidden-characters";

/** One part of a filter, and the way out of it. */
export function Chip({ name, value, onRemove }: { name: string; value: string; onRemove: () => void }) {
  // Whoever made the address wrote it.
  const shown = revealHidden(value);
  const named = revealHidden(name);
  return (
    <Button size="sm" className="max-w-full" aria-label={`${named}: ${shown}, remove`} title={shown} onClick={onRemove}>
      <span className="truncate">
        {named}: {shown}
      </span>
      <X aria-hidden className="size-3" />
    </Button>
  );
}
