import { cn } from "@/components/ui/class-names";

type ChoicesProps<Value extends string> = {
  label: string;
  values: readonly Value[];
  names?: Record<Value, string>;
  value: Value;
  onChange: (value: Value) => void;
};

/** A few choices side by side, one of them taken. */
export function Choices<Value extends string>({ label, values, names, value, onChange }: ChoicesProps<Value>) {
  return (
    <fieldset className="scroll-thin max-w-full min-w-0 overflow-x-auto">
      <legend className="sr-only">{label}</legend>
      <div className="flex w-max rounded-md border border-line-strong p-0.5">
        {values.map((option) => (
          <button
            key={option}
            type="button"
            aria-pressed={option === value}
            onClick={() => onChange(option)}
            className={cn(
              "h-6.5 rounded px-2 text-xs whitespace-nowrap focus-visible:-outline-offset-1",
              option === value ? "bg-accent-soft font-medium text-ink" : "text-ink-2 hover:text-ink",
            )}
          >
            {names?.[option] ?? option}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
