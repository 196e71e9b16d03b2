import {
  type ClipboardEventHandler,
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useRef,
} from "react";
import { cn } from "@/components/ui/class-names";

type DialogFormProps = {
  id?: string;
  noValidate?: boolean;
  className?: string;
  onSubmit: () => void;
  onPaste?: ClipboardEventHandler;
  children: ReactNode;
};

/**
 * What a dialog asks for. Ctrl or Command with Enter sends it from anywhere, also from a text of several lines. What is
 * refused leads to the first field that is wrong.
 */
export function DialogForm({ onSubmit, className, children, ...form }: DialogFormProps) {
  const element = useRef<HTMLFormElement>(null);
  const isSent = useRef(false);
  // The refusal comes with a later render, and only whoever has not gone on typing is led.
  useEffect(() => {
    if (!isSent.current) return;
    const invalidInput = element.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    const invalidField = invalidInput ?? element.current?.querySelector<HTMLElement>("[role=alert]") ?? null;
    if (invalidField === null) return;
    isSent.current = false;
    invalidInput?.focus({ preventScroll: true });
    void invalidField.scrollIntoView({ block: "center" });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    isSent.current = true;
    onSubmit();
  };
  return (
    <form
      {...form}
      ref={element}
      className={cn("flex flex-col gap-3", className)}
      onSubmit={submit}
      onInput={() => {
        isSent.current = false;
      }}
      onKeyDown={sendByKeys}
    >
      {children}
    </form>
  );
}

export function sendByKeys(event: KeyboardEvent<HTMLFormElement>): void {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
  event.preventDefault();
  // As its button would: what is required is asked for before.
  event.currentTarget.requestSubmit();
}
