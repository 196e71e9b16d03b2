import { Check } from "lucide-react";
import type { MouseEvent } from "react";
import { revealHidden } from "@/components/ui/hidden-characters";

type ChooseBoxProps = { label: string; isChosen: boolean; onToggle: (isRange: boolean) => void };

/** Chooses a row; with Shift those between it and the last, too. What is pressed is larger than the box that is drawn. */
export function ChooseBox({ label, isChosen, onToggle }: ChooseBoxProps) {
  return (
    <span className="relative z-10 -m-1 inline-flex size-6 shrink-0 items-center justify-center max-sm:m-0">
      <input
        type="checkbox"
        aria-label={`Select ${revealHidden(label)}`}
        className="peer absolute inset-0 size-6 opacity-0"
        checked={isChosen}
        onChange={() => undefined}
        onClick={(event: MouseEvent) => onToggle(event.shiftKey)}
      />
      <span
        aria-hidden
        className="pointer-events-none flex size-4 items-center justify-center rounded-xs border border-line-strong bg-panel text-on-accent outline-accent peer-checked:border-transparent peer-checked:bg-accent-fill peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 max-sm:size-5"
      >
        {isChosen && <Check className="size-3" strokeWidth={3} />}
      </span>
    </span>
  );
}
