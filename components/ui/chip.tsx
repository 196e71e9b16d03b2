import { X } from "lucide-react";
import { Button } from "./button";
import { showTricks } from "./hidden-text";

/** One part of a filter, and the way out of it. */
export function Chip({ name, value, onRemove }: { name: string; value: string; onRemove: () => void }) {
  // Whoever made the address wrote it.
  const shown = showTricks(value);
  const named = showTricks(name);
  return (
    <Button size="sm" className="max-w-full" aria-label={`${named}: ${shown}, remove`} title={shown} onClick={onRemove}>
      <span className="truncate">
        {named}: {shown}
      </span>
      <X aria-hidden className="size-3" />
    </Button>
  );
}
