import { type PointerEvent, type SyntheticEvent, useEffect, useLayoutEffect, useRef } from "react";
import { toast } from "sonner";
import { type MovedRows, movedBetween } from "./moved-rows";

/** A finger comes down where the eye was a moment ago. */
const FINGER_MS = 700;

/**
 * Keeps a press from a row that slid under a pointer: one that stood still since, or a finger that was on its way.
 * The press after it counts, as does one after any move.
 */
export function useMovedGuard(ids: readonly string[], what = "requests") {
  const before = useRef(ids);
  const moved = useRef<MovedRows>(new Set());
  const movedAtMs = useRef(0);
  const isRefused = useRef(false);
  const key = ids.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same rows in a new list have not moved.
  useLayoutEffect(() => {
    const now = movedBetween(before.current, ids);
    before.current = ids;
    if (now.size === 0) return;
    moved.current = new Set([...moved.current, ...now]);
    movedAtMs.current = performance.now();
  }, [key]);

  useEffect(() => {
    let pressedRow: string | null = null;
    const see = (event: globalThis.PointerEvent) => {
      const { clientX, clientY, pointerType } = event;
      // A browser may tell of a move when only the page under the pointer has moved.
      const now = `${clientX},${clientY}`;
      const isStill = pressedRow === null || pressedRow === now;
      pressedRow = now;
      if (pointerType === "mouse" && !isStill) moved.current = new Set();
    };
    document.addEventListener("pointermove", see);
    return () => document.removeEventListener("pointermove", see);
  }, []);

  return {
    onPointerDownCapture(event: PointerEvent) {
      const id = rowOf(event);
      const isLate = event.pointerType === "mouse" || performance.now() - movedAtMs.current < FINGER_MS;
      isRefused.current = id !== null && isLate && moved.current.has(id);
      moved.current = new Set();
    },
    onClickCapture(event: SyntheticEvent) {
      if (!isRefused.current) return;
      isRefused.current = false;
      event.preventDefault();
      event.stopPropagation();
      toast(`The ${what} moved. Check this one, then press again.`);
    },
  };
}

/** The row whose button was pressed. */
function rowOf({ target }: SyntheticEvent): string | null {
  if (!(target instanceof Element) || target.closest("button") === null) return null;
  return target.closest("[data-row]")?.getAttribute("data-row") ?? null;
}
