import { type RefObject, useEffect, useRef } from "react";

/** Says when the row that had the focus is gone: the focus falls to the page then, and nobody else has taken it. */
export function useLostFocus(body: RefObject<HTMLElement | null>, changes: unknown, onLost: () => void): void {
  const isInside = useRef(false);
  useEffect(() => {
    const note = (event: Event) => {
      isInside.current = event.type === "focusin" && body.current?.contains(event.target as Node) === true;
    };
    document.addEventListener("focusin", note);
    document.addEventListener("pointerdown", note);
    return () => {
      document.removeEventListener("focusin", note);
      document.removeEventListener("pointerdown", note);
    };
  }, [body]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row can only go when the rows have changed.
  useEffect(() => {
    if (isInside.current && document.activeElement === document.body) onLost();
  }, [changes]);
}
