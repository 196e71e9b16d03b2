import { type ComponentProps, type ReactNode, useId } from "react";
import { cn } from "@/components/ui/class-names";

const controlClasses =
  "w-full rounded-md border border-line-strong bg-panel px-2.5 text-ink placeholder:text-ink-3 disabled:opacity-60 max-sm:text-base";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cn(controlClasses, "h-8", className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cn(controlClasses, "resize-y py-1.5 leading-normal", className)} {...rest} />;
}

/** The platform's own select: works on every phone and with every screen reader. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
  return <select className={cn(controlClasses, "h-8 pr-7", className)} {...rest} />;
}

type FieldProps = { label: string; hint?: ReactNode; children: (id: string) => ReactNode; className?: string };

/** A labelled control; `children` gets the id that ties label and control together. */
export function Field({ label, hint, children, className }: FieldProps) {
  const id = useId();
  return (
    <div className={cn("flex min-w-0 flex-col gap-1", className)}>
      <label htmlFor={id} className="text-xs font-medium text-ink-2">
        {label}
      </label>
      {children(id)}
      {hint !== undefined && <p className="text-xs text-ink-3">{hint}</p>}
    </div>
  );
}
