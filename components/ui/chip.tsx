import { X } from "lucide-react";
import { Button } from "./button";

/** One part of a filter, and the way out of it. */
export function Chip({ name, value, onRemove }: { name: string; value: string; onRemove: () => void }) {
  return (
    <Button size="sm" className="max-w-full" aria-label={`${name}: ${value}, remove`} title={value} onClick={onRemove}>
      <span className="truncate">
        {name}: {value}
      </span>
      <X aria-hidden className="size-3" />
    </Button>
  );
}
