import type { ReactNode, Ref } from "react";
import { cn } from "./class-names";

type ScrollRegionProps = {
  label: string;
  children: ReactNode;
  className?: string;
  role?: "group" | "log";
  ref?: Ref<HTMLDivElement>;
};

/** A named box that scrolls by itself; it takes the focus, so that keys can scroll it too. */
export function ScrollRegion({ label, children, className, role = "group", ref }: ScrollRegionProps) {
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both of its roles take a label.
    <div
      ref={ref}
      role={role}
      aria-label={label}
      tabIndex={0}
      className={cn("scroll-thin overflow-auto focus-visible:-outline-offset-2", className)}
    >
      {children}
    </div>
  );
}
