"use client";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { BarLink, BarShape } from "./bar-link";
import type { Bar, View } from "./bars";
import { describeDrawn } from "./describe";
import { BAR_PX, type Drawn, draw, keepInside, pan, placeLanes, rowsOf, zoom } from "./layout";
import { CausePatterns } from "./patterns";
import { Scale } from "./scale";
import { useDrag, useWheel, useWidth } from "./use-pointer";

export type Cursor = { atMs: number; drawn: Drawn | null };

type WaterfallProps = {
  bars: readonly Bar[];
  view: View;
  fullView: View;
  startMs: number;
  hasRuns: boolean;
  hrefOf: (bar: Bar) => string;
  onOpen: (bar: Bar) => void;
  onView: (view: View) => void;
  onCursor: (cursor: Cursor | null) => void;
};

const WHEEL_ZOOM = 1.0015;
const STEP_ZOOM = 1.5;

/** The bars of a timeline against time: zoomed by keys and wheel, moved by keys and dragging, each bar a link. */
export function Waterfall({
  bars,
  view,
  fullView,
  startMs,
  hasRuns,
  hrefOf,
  onOpen,
  onView,
  onCursor,
}: WaterfallProps) {
  const container = useRef<HTMLDivElement>(null);
  const width = useWidth(container);
  const patternId = useId().replaceAll(/[^\w-]/g, "");
  const { rowOf, rowCount } = useMemo(() => rowsOf(bars), [bars]);
  const { lanes, height } = useMemo(() => placeLanes(rowCount, hasRuns), [rowCount, hasRuns]);
  const drawn = useMemo(() => draw(bars, { view, width, lanes, rowOf }), [bars, view, width, lanes, rowOf]);
  const [cursorMs, setCursorMs] = useState<number | null>(null);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const active = drawn.find((drawnBar) => drawnBar.bar.key === activeKey) ?? drawn[0];
  const length = view.toMs - view.fromMs;
  const msOf = (x: number) => view.fromMs + (x / width) * length;
  const show = (next: View) => onView(keepInside(next, fullView));
  const point = (atMs: number, on: Drawn | null) => {
    setCursorMs(atMs);
    onCursor({ atMs, drawn: on });
  };
  const clearPointer = () => {
    setCursorMs(null);
    onCursor(null);
  };

  useWheel(container, (event) => {
    const x = event.clientX - (container.current?.getBoundingClientRect().left ?? 0);
    const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) show(zoom(view, WHEEL_ZOOM ** event.deltaY, msOf(x)));
    else if (isSideways) show(pan(view, ((event.deltaX || event.deltaY) / width) * length));
    else return false;
    return true;
  });
  const drag = useDrag({
    view,
    width,
    onPan: show,
    onHover: (x, y) => {
      const on = drawn.find(
        (drawnBar) =>
          x >= drawnBar.x && x <= drawnBar.x + drawnBar.width && y >= drawnBar.y && y <= drawnBar.y + BAR_PX,
      );
      point(msOf(x), on ?? null);
    },
  });

  const focus = (drawnBar: Drawn | undefined) => {
    if (drawnBar === undefined) return;
    setActiveKey(drawnBar.bar.key);
    container.current?.querySelector<SVGElement>(`[data-bar="${CSS.escape(drawnBar.bar.key)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionOf(event, {
      move: (step) => focus(active === undefined ? drawn[0] : drawn[drawn.indexOf(active) + step]),
      moveLane: (step) => focus(neighbour(drawn, active, step)),
      end: (isLast) => focus(isLast ? drawn.at(-1) : drawn[0]),
      pan: (step) => show(pan(view, (step * length) / 5)),
      zoom: (factor) => {
        const isInView = cursorMs !== null && cursorMs >= view.fromMs && cursorMs <= view.toMs;
        show(zoom(view, factor, isInView ? cursorMs : view.fromMs + length / 2));
      },
      all: () => show(fullView),
      clearPointer,
    });
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for controls, and this is a picture.
    <div
      ref={container}
      role="group"
      aria-label="Waterfall"
      className="relative min-w-0 touch-pan-y"
      onKeyDown={onKeyDown}
    >
      <Scale view={view} startMs={startMs} width={width} height={height} lanes={lanes} cursorMs={cursorMs} />
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: a title would lie over what is in it; each bar has a name. */}
      <svg
        width={width}
        height={height}
        className="relative block cursor-crosshair select-none"
        {...drag}
        onPointerLeave={(event) => event.pointerType !== "touch" && clearPointer()}
      >
        <CausePatterns id={patternId} />
        {drawn.map((drawnBar) => (
          <BarLink
            key={drawnBar.bar.key}
            label={describeDrawn(drawnBar, startMs)}
            href={drawnBar.bars.length === 1 ? hrefOf(drawnBar.bar) : null}
            barKey={drawnBar.bar.key}
            isActive={drawnBar === active}
            onFocus={() => {
              setActiveKey(drawnBar.bar.key);
              point(Math.max(drawnBar.bar.startMs, view.fromMs), drawnBar);
            }}
            onOpen={() => (drawnBar.bars.length === 1 ? onOpen(drawnBar.bar) : show(around(drawnBar)))}
          >
            <BarShape drawn={drawnBar} patternId={patternId} />
          </BarLink>
        ))}
      </svg>
    </div>
  );
}

type Actions = {
  move: (step: 1 | -1) => void;
  moveLane: (step: 1 | -1) => void;
  end: (isLast: boolean) => void;
  pan: (step: 1 | -1) => void;
  zoom: (factor: number) => void;
  all: () => void;
  clearPointer: () => void;
};

/** What a key does, if anything: arrows go to other bars, with Shift they move the view. */
function actionOf({ key, shiftKey }: KeyboardEvent, actions: Actions): (() => void) | undefined {
  switch (key) {
    case "ArrowRight":
      return () => (shiftKey ? actions.pan(1) : actions.move(1));
    case "ArrowLeft":
      return () => (shiftKey ? actions.pan(-1) : actions.move(-1));
    case "ArrowDown":
      return () => actions.moveLane(1);
    case "ArrowUp":
      return () => actions.moveLane(-1);
    case "Home":
      return () => actions.end(false);
    case "End":
      return () => actions.end(true);
    case "+":
    case "=":
      return () => actions.zoom(1 / STEP_ZOOM);
    case "-":
      return () => actions.zoom(STEP_ZOOM);
    case "0":
      return actions.all;
    case "Escape":
      return actions.clearPointer;
    default:
      return undefined;
  }
}

/** The bar of the next row above or below that begins nearest. */
function neighbour(drawn: readonly Drawn[], from: Drawn | undefined, step: 1 | -1): Drawn | undefined {
  if (from === undefined) return drawn[0];
  const rows = [...new Set(drawn.map((drawnBar) => drawnBar.y))].sort((a, b) => a - b);
  const y = rows[rows.indexOf(from.y) + step];
  const inRow = drawn.filter((drawnBar) => drawnBar.y === y);
  return inRow.toSorted((a, b) => Math.abs(a.x - from.x) - Math.abs(b.x - from.x))[0];
}

/** What holds several bars, with as much room again. */
function around({ bars }: Drawn): View {
  const fromMs = bars.reduce((earliest, bar) => Math.min(earliest, bar.startMs), Number.POSITIVE_INFINITY);
  const toMs = bars.reduce((latest, bar) => Math.max(latest, bar.endMs), Number.NEGATIVE_INFINITY);
  const availableWidth = Math.max((toMs - fromMs) / 2, 1);
  return { fromMs: fromMs - availableWidth, toMs: toMs + availableWidth };
}
