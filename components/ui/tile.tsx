import { ListFilter } from "lucide-react";
import { cn } from "./class-names";

type TileProps = {
  name: string;
  figure: React.ReactNode;
  note: string;
  tone?: string;
  isOn?: boolean;
  onPress?: () => void;
};

/** One figure of a row of them, in a `dl`; one that can be pressed narrows what is shown below. */
export function Tile({ name, figure, note, tone, isOn, onPress }: TileProps) {
  return (
    <div
      className={cn(
        "relative flex min-w-0 flex-col bg-panel px-3 py-2.5 has-focus-visible:z-10 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent",
        onPress !== undefined && "hover:bg-hover",
        isOn && "bg-accent-soft",
      )}
    >
      <dt className="flex items-center justify-between gap-1 text-xs text-ink-2">
        <span className="truncate">{name}</span>
        {onPress !== undefined && (
          <ListFilter aria-hidden className={cn("size-3 shrink-0", isOn ? "text-accent" : "text-ink-3")} />
        )}
      </dt>
      <dd className={cn("truncate text-lg leading-7 font-semibold tracking-tight tabular-nums", tone)}>
        {onPress === undefined ? (
          figure
        ) : (
          <button
            type="button"
            aria-pressed={isOn}
            aria-label={`${name}: ${figure}, show these alone`}
            onClick={onPress}
            className="outline-none after:absolute after:inset-0"
          >
            {figure}
          </button>
        )}
      </dd>
      <dd className="truncate text-2xs text-ink-3" title={note}>
        {note}
      </dd>
    </div>
  );
}
