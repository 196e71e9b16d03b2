import { useRef } from "react";
import { createPortal } from "react-dom";
import { revealHidden } from "./hidden-characters";
import { useRepositioned } from "./use-repositioned";

type WhyBoxProps = { why: string; of: { current: HTMLElement | null } };
const GAP = 4;
const EDGE = 8;

/** Below what it is of, or above where there is no room; on top of whatever would cut it off. */
export function WhyBox({ why, of }: WhyBoxProps) {
  const container = useRef<HTMLDivElement>(null);
  useRepositioned(() => {
    const { current } = container;
    const anchor = of.current?.getBoundingClientRect();
    if (current === null || anchor === undefined) return;
    const { width, height } = current.getBoundingClientRect();
    const isBelow = anchor.bottom + GAP + height <= window.innerHeight - EDGE;
    const left = Math.max(EDGE, Math.min(anchor.left, window.innerWidth - EDGE - width));
    current.style.left = `${left}px`;
    current.style.top = `${isBelow ? anchor.bottom + GAP : Math.max(EDGE, anchor.top - GAP - height)}px`;
  });
  return createPortal(
    // It is the button's description already: read once is enough.
    <div
      ref={container}
      aria-hidden
      data-why
      className="pointer-events-none fixed top-0 left-0 z-50 max-w-[min(20rem,calc(100vw-1rem))] rounded-lg border bg-raised px-3 py-2 text-left text-xs font-normal wrap-anywhere whitespace-normal text-ink shadow-pop"
    >
      {revealHidden(why)}
    </div>,
    document.body,
  );
}
