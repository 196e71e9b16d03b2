import { useId } from "react";

type RadiosProps<Value extends string> = {
  label: string;
  values: readonly Value[];
  descriptions: Record<Value, { name: string; hint: string }>;
  value: Value;
  onChange: (value: Value) => void;
};

/** A few choices one below the other, each with what it comes to. */
export function Radios<Value extends string>({ label, values, descriptions, value, onChange }: RadiosProps<Value>) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="text-xs font-medium text-ink-2">{label}</legend>
      <div className="mt-1.5 flex flex-col gap-2 rounded-md border p-3">
        {values.map((option) => (
          <div key={option} className="grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-2 text-xs">
            <input
              type="radio"
              id={`${name}-${option}`}
              aria-describedby={`${name}-${option}-hint`}
              name={name}
              className="mt-0.5"
              value={option}
              checked={option === value}
              onChange={() => onChange(option)}
            />
            <label htmlFor={`${name}-${option}`} className="font-medium">
              {descriptions[option].name}
            </label>
            <p id={`${name}-${option}-hint`} className="col-start-2 text-ink-2">
              {descriptions[option].hint}
            </p>
          </div>
        ))}
      </div>
    </fieldset>
  );
}
