import { useLayoutEffect } from "react";

/** Puts what lies above the page beside what it is of, and again as the page moves under it. */
export function useRepositioned(reposition: () => void): void {
  useLayoutEffect(() => {
    reposition();
    const given = new AbortController();
    // What takes the focus may be brought into sight only later, in whatever part of the page scrolls.
    window.addEventListener("scroll", reposition, { capture: true, passive: true, signal: given.signal });
    window.addEventListener("resize", reposition, { signal: given.signal });
    return () => given.abort();
  });
}
