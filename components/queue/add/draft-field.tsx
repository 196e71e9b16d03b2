import type { ReactNode, Ref } from "react";
import { Field, Input, TextArea } from "@/components/ui/form/field";
import type { errorsByField, TaskDraft } from "./add-task";

type Errors = ReturnType<typeof errorsByField>;
export type DraftFieldProps = {
  name: keyof TaskDraft;
  label: string;
  hint?: string;
  draft: TaskDraft;
  errors: Errors;
  set: (change: Partial<TaskDraft>) => void;
};
type Aria = { "aria-invalid"?: true; "aria-describedby"?: string };

/** A field of a new task, with what is wrong with it. */
export function DraftField(props: DraftFieldProps & { children: (id: string, aria: Aria) => ReactNode }) {
  const error = props.errors[props.name];
  return (
    <Field label={props.label} hint={error === undefined ? props.hint : undefined}>
      {(id) => (
        <>
          {props.children(id, error === undefined ? {} : { "aria-invalid": true, "aria-describedby": `${id}-error` })}
          {error !== undefined && (
            <p id={`${id}-error`} role="alert" className="text-xs text-bad">
              {error}
            </p>
          )}
        </>
      )}
    </Field>
  );
}

type TextFieldProps = DraftFieldProps & { type?: string; placeholder?: string; ref?: Ref<HTMLInputElement> };

/** The same for a line of text. */
export function TextField({ type, placeholder, ref, ...field }: TextFieldProps) {
  return (
    <DraftField {...field}>
      {(id, aria) => (
        <Input
          ref={ref}
          id={id}
          {...aria}
          type={type}
          placeholder={placeholder}
          value={field.draft[field.name]}
          onChange={(event) => field.set({ [field.name]: event.target.value })}
        />
      )}
    </DraftField>
  );
}

/** The same for a text of several lines. */
export function AreaField({ rows, ...field }: DraftFieldProps & { rows: number }) {
  return (
    <DraftField {...field}>
      {(id, aria) => (
        <TextArea
          id={id}
          {...aria}
          rows={rows}
          value={field.draft[field.name]}
          onChange={(event) => field.set({ [field.name]: event.target.value })}
        />
      )}
    </DraftField>
  );
}
