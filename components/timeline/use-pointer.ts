import { type MouseEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from "react";
import type { View } from "./bars";
import { pan } from "./layout";

const DRAG_PX = 4;
const WIDTH_MIN_PX = 120;

/** An element's width, as it is and becomes. */
export function useWidth(container: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(640);
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(WIDTH_MIN_PX, Math.floor(element.clientWidth))));
    observer.observe(element);
    return () => observer.disconnect();
  }, [container]);
  return width;
}

/** A wheel that is answered must not scroll the page, which only a listener that is not passive can prevent. */
export function useWheel(container: RefObject<HTMLDivElement | null>, listener: (event: WheelEvent) => boolean): void {
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const answer = (event: WheelEvent) => {
      if (latest.current(event)) event.preventDefault();
    };
    element.addEventListener("wheel", answer, { passive: false });
    return () => element.removeEventListener("wheel", answer);
  }, [container]);
}

type DragOptions = {
  view: View;
  width: number;
  onPan: (view: View) => void;
  onHover: (x: number, y: number) => void;
};

/** Moves the view with the pointer; a press that moved nothing is a click, one that did is none. */
export function useDrag({ view, width, onPan, onHover }: DragOptions) {
  const from = useRef<{ x: number; view: View } | null>(null);
  const hasMoved = useRef(false);
  const end = () => {
    from.current = null;
  };
  const hover = (event: PointerEvent<SVGSVGElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    onHover(event.clientX - left, event.clientY - top);
  };
  return {
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      hasMoved.current = false;
      if (event.button === 0) from.current = { x: event.clientX, view };
      // A finger does not hover: it tells what it is put on.
      hover(event);
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      const start = from.current;
      const moved = start === null ? 0 : event.clientX - start.x;
      if (start === null || (!hasMoved.current && Math.abs(moved) < DRAG_PX)) {
        hover(event);
        return;
      }
      if (!hasMoved.current) event.currentTarget.setPointerCapture(event.pointerId);
      hasMoved.current = true;
      onPan(pan(start.view, (-moved / width) * (start.view.toMs - start.view.fromMs)));
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClickCapture: (event: MouseEvent<SVGSVGElement>) => {
      if (!hasMoved.current) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
