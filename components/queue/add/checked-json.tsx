"use client";
import { useEffect } from "react";
import { Field, TextArea } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Checked } from "./check-task";

const ISSUES_SHOWN = 8;

type CheckedJsonProps<Input> = {
  text: string;
  hint: string;
  check: (text: string) => Checked<Input>;
  onChange: (text: string) => void;
  onChecked: (input: Input | null) => void;
};

/** A task as JSON, as programs send it; what is wrong with it is said while it is typed. */
export function CheckedJson<Input>({ text, hint, check, onChange, onChecked }: CheckedJsonProps<Input>) {
  const { input, issues } = check(text);
  const isRight = input !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same text is the same task.
  useEffect(() => onChecked(input), [text]);
  return (
    <Field label="Task JSON" hint={hint}>
      {(id) => (
        <>
          <TextArea
            id={id}
            rows={14}
            spellCheck={false}
            className="font-mono text-xs"
            aria-invalid={isRight ? undefined : true}
            aria-describedby={`${id}-issues`}
            value={text}
            onChange={(event) => onChange(event.target.value)}
          />
          <div id={`${id}-issues`} role="status" className="text-xs">
            {isRight ? (
              <p className="text-good">Valid task</p>
            ) : (
              <ul className="flex flex-col gap-0.5 text-bad">
                {issues.slice(0, ISSUES_SHOWN).map(({ path, message }) => (
                  <li key={`${path} ${message}`}>
                    {path !== "" && <code>{revealHidden(path)}: </code>}
                    {revealHidden(message)}
                  </li>
                ))}
                {issues.length > ISSUES_SHOWN && <li>and {issues.length - ISSUES_SHOWN} more</li>}
              </ul>
            )}
          </div>
        </>
      )}
    </Field>
  );
}
