import type { ReactNode, Ref } from "react";
import { cn } from "./class-names";

type ScrollRegionProps = {
  label: string;
  children: ReactNode;
  className?: string;
  role?: "group" | "log";
  ref?: Ref<HTMLDivElement>;
  onScroll?: (element: HTMLElement) => void;
};

/** A named box that scrolls by itself; it takes the focus, so that keys can scroll it too. */
export function ScrollRegion({ label, children, className, role = "group", ref, onScroll }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both of its roles take a label.
    <div
      ref={ref}
      role={role}
      aria-label={label}
      tabIndex={0}
      onScroll={onScroll === undefined ? undefined : (event) => onScroll(event.currentTarget)}
      className={cn("scroll-thin overflow-auto focus-visible:-outline-offset-2", className)}
    >
      {children}
    </div>
  );
}
