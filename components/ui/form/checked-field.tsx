import type { ReactNode } from "react";
import { Field } from "./field";

type Aria = { "aria-invalid"?: true; "aria-describedby"?: string };
type CheckedFieldProps = {
  label: string;
  hint?: string;
  error: string | undefined;
  className?: string;
  children: (id: string, aria: Aria) => ReactNode;
};

/** A field with what is wrong with it, in place of its hint. */
export function CheckedField({ label, hint, error, className, children }: CheckedFieldProps) {
  return (
    <Field label={label} hint={error === undefined ? hint : undefined} className={className}>
      {(id) => (
        <>
          {children(id, error === undefined ? {} : { "aria-invalid": true, "aria-describedby": `${id}-error` })}
          {error !== undefined && (
            <p id={`${id}-error`} role="alert" className="text-xs wrap-anywhere text-bad">
              {error}
            </p>
          )}
        </>
      )}
    </Field>
  );
}
