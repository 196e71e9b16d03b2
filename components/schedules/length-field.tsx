import { Field, Select } from "@/components/ui/form/field";
import { formatDuration } from "@/components/ui/format";

type LengthFieldProps = {
  label: string;
  hint: string;
  /** Lengths of time to choose from, in milliseconds; null is none at all. */
  lengths: readonly (number | null)[];
  none: string;
  value: number | null;
  onChange: (ms: number | null) => void;
};

/** Chooses a length of time; one that a program has set is among them. */
export function LengthField({ label, hint, lengths, none, value, onChange }: LengthFieldProps) {
  const options = lengths.includes(value) ? lengths : [...lengths, value];
  return (
    <Field label={label} hint={hint}>
      {(id) => (
        <Select
          id={id}
          value={value ?? ""}
          onChange={(event) => onChange(event.target.value === "" ? null : Number(event.target.value))}
        >
          {options.map((ms) => (
            <option key={ms ?? "none"} value={ms ?? ""}>
              {ms === null || ms === 0 ? none : formatDuration(ms)}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
