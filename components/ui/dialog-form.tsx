import type { FormEvent, ReactNode } from "react";

type DialogFormProps = { id?: string; noValidate?: boolean; onSubmit: () => void; children: ReactNode };

/** What a dialog asks for. Ctrl or Command with Enter sends it from anywhere, also from a text of several lines. */
export function DialogForm({ onSubmit, children, ...form }: DialogFormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form
      {...form}
      className="flex flex-col gap-3"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
        event.preventDefault();
        // As its button would: what is required is asked for before.
        event.currentTarget.requestSubmit();
      }}
    >
      {children}
    </form>
  );
}
