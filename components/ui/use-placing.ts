import { useLayoutEffect } from "react";

/** Puts what lies above the page beside what it is of, and again as the page moves under it. */
export function usePlacing(place: () => void): void {
  useLayoutEffect(() => {
    place();
    const given = new AbortController();
    // What takes the focus may be brought into sight only later, in whatever part of the page scrolls.
    window.addEventListener("scroll", place, { capture: true, passive: true, signal: given.signal });
    window.addEventListener("resize", place, { signal: given.signal });
    return () => given.abort();
  });
}
