"use client";
import { type ReactNode, useEffect, useRef, useState } from "react";

/** A box that scrolls sideways when its content is too wide, and only then takes the focus, so that keys can scroll it. */
export function OverflowBox({ label, children }: { label: string; children: ReactNode }) {
  const container = useRef<HTMLDivElement>(null);
  const [isWide, setIsWide] = useState(false);
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setIsWide(element.scrollWidth > element.clientWidth));
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  const wide = isWide ? { role: "group", "aria-label": label, tabIndex: 0 } : {};
  return (
    <div ref={container} className="scroll-thin overflow-x-auto focus-visible:-outline-offset-2" {...wide}>
      {children}
    </div>
  );
}
