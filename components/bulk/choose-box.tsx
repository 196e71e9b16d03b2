import type { MouseEvent } from "react";

type ChooseBoxProps = { label: string; isChosen: boolean; onToggle: (isRange: boolean) => void };

/** Chooses a row; with Shift those between it and the last, too. */
export function ChooseBox({ label, isChosen, onToggle }: ChooseBoxProps) {
  return (
    <input
      type="checkbox"
      aria-label={`Choose ${label}`}
      className="relative z-10 size-4 shrink-0 accent-(--accent-fill) max-sm:size-6"
      checked={isChosen}
      onChange={() => undefined}
      onClick={(event: MouseEvent) => onToggle(event.shiftKey)}
    />
  );
}
