import type { ReactNode } from "react";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import type { TimelineCause } from "@/contract/words";
import { barStyle } from "./bar-style";
import { nameInRow } from "./bars";
import { BAR_PX, type Drawn } from "./layout";
import { CAUSE_INK, causeFill } from "./patterns";

const CHAR_PX = 6.3;
/** Text over a line stands out from it. */
export const HALO = { paintOrder: "stroke", stroke: "var(--panel)", strokeWidth: 5, strokeLinejoin: "round" } as const;

/** A bar, and as much of its name as it has room for. */
export function BarShape({ drawn, patternId }: { drawn: Drawn; patternId: string }) {
  const { bar, bars, x, y, width } = drawn;
  const isMany = bars.length > 1;
  const style = barStyle(bar);
  const isTime = bar.lane === "time";
  const fill = isTime && !isMany ? causeFill(patternId, bar.kind as TimelineCause) : style.fill;
  const stroke = isTime && !isMany ? CAUSE_INK[bar.kind as TimelineCause] : style.stroke;
  const availableWidth = Math.floor((width - 8) / CHAR_PX);
  const name = isMany ? String(bars.length) : `${style.sign}${revealHiddenInName(nameInRow(bar))}`;
  return (
    <>
      <rect
        x={x + 0.5}
        y={y + 0.5}
        width={Math.max(width - 1, 1)}
        height={BAR_PX - 1}
        rx={Math.min(3, width / 2)}
        fill={fill}
        stroke={stroke}
        strokeDasharray={style.dash}
        className="group-focus-visible:stroke-ink group-focus-visible:[stroke-width:2.5]"
      />
      {availableWidth >= 4 && isTime && (
        <rect
          x={x + 3}
          y={y + 2.5}
          width={Math.min(width - 6, Math.min(name.length, availableWidth) * CHAR_PX + 5)}
          height={BAR_PX - 5}
          rx={2}
          fill="var(--panel)"
          className="pointer-events-none"
        />
      )}
      {availableWidth >= 4 && (
        <text x={x + 5} y={y + 12} className="pointer-events-none fill-ink text-2xs">
          {name.length <= availableWidth ? name : `${name.slice(0, availableWidth - 1)}…`}
        </text>
      )}
    </>
  );
}

type BarLinkProps = {
  label: string;
  /** null: several in one place, which it zooms to. */
  href: string | null;
  barKey: string;
  isActive: boolean;
  onFocus: () => void;
  onOpen: () => void;
  children: ReactNode;
};

/** One of the bars is in the order of the Tab key; the arrows go from it to the others. */
export function BarLink({ label, href, barKey, isActive, onFocus, onOpen, children }: BarLinkProps) {
  const common = {
    "data-bar": barKey,
    "aria-label": label,
    tabIndex: isActive ? 0 : -1,
    className: "group cursor-pointer outline-none",
    onFocus,
  };
  if (href === null) {
    return (
      // biome-ignore lint/a11y/useSemanticElements: a picture holds no button element.
      <g
        role="button"
        {...common}
        onClick={onOpen}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          onOpen();
        }}
      >
        {children}
      </g>
    );
  }
  return (
    <a
      href={href}
      draggable={false}
      {...common}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        onOpen();
      }}
    >
      {children}
    </a>
  );
}
