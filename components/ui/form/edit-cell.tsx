"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

type EditCellProps = {
  /** What is shown, with the place that it is of: `Running at once in ci`. */
  label: string;
  shown: string;
  isFixed: boolean;
  /** What it becomes when it is pressed, until that calls `onEnd`. */
  field: (onEnd: () => void) => ReactNode;
};

/** What is read far more often than changed: words that become a field when they are pressed. */
export function EditCell({ label, shown, isFixed, field }: EditCellProps) {
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  if (isFixed) return <span className="tabular-nums">{shown}</span>;
  if (isOpen) return field(() => setIsOpen(false));
  return (
    <button
      ref={button}
      type="button"
      aria-label={`${label}: ${shown}, change`}
      className="rounded px-1.5 py-0.5 tabular-nums underline decoration-dotted underline-offset-4 hover:bg-hover"
      onClick={() => setIsOpen(true)}
    >
      {shown}
    </button>
  );
}
