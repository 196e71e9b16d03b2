import { cn } from "@/components/ui/class-names";
import type { EventType } from "@/contract/event";
import { EVENT_TYPES } from "@/contract/words";

/** Which types of event are shown. */
export function TypeToggles({
  hidden,
  onChange,
}: {
  hidden: readonly EventType[];
  onChange: (hidden: EventType[]) => void;
}) {
  return (
    <fieldset className="flex flex-wrap gap-1.5 border-b bg-panel px-4 py-2 lg:px-6">
      <legend className="sr-only">Event types shown</legend>
      {EVENT_TYPES.map((type) => {
        const isShown = !hidden.includes(type);
        return (
          <button
            key={type}
            type="button"
            aria-pressed={isShown}
            onClick={() => onChange(isShown ? [...hidden, type] : hidden.filter((other) => other !== type))}
            className={cn(
              "rounded-full border px-2 py-0.5 font-mono text-2xs",
              isShown ? "border-accent/50 bg-accent-soft text-ink" : "text-ink-3 line-through",
            )}
          >
            {type}
          </button>
        );
      })}
    </fieldset>
  );
}
