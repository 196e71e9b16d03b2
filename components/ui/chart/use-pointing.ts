import { type RefObject, useEffect, useRef } from "react";
import { type ChartPoints, clearCrosshair, nearestPoint, setCrosshair } from "./crosshair";

/**
 * Lets mouse and finger choose a chart's point. What lies over a chart, as a tile's link does, keeps the pointer from it:
 * then whoever holds both is marked `data-pointed`, and is listened to. What a finger has shown stays when it is lifted,
 * until the next touch.
 */
export function usePointing(layer: RefObject<HTMLElement | null>, chartId: string, points: ChartPoints): void {
  const latest = useRef(points);
  useEffect(() => {
    latest.current = points;
  });
  useEffect(() => {
    const chart = layer.current;
    const area = chart?.closest<HTMLElement>("[data-pointed]") ?? chart;
    if (chart === null || area === null) return;
    const onPointerLeave = () => clearCrosshair(chartId);
    const point = ({ clientX, clientY }: PointerEvent) => {
      const { left, top, width, bottom } = chart.getBoundingClientRect();
      const nearest = nearestPoint(latest.current.shares, (clientX - left) / width);
      if (nearest === null || clientY < top || clientY > bottom) onPointerLeave();
      else setCrosshair({ chartId, point: nearest, points: latest.current });
    };
    const { signal, abort } = ended();
    area.addEventListener("pointermove", point, { signal });
    area.addEventListener("pointerdown", point, { signal });
    area.addEventListener("pointercancel", onPointerLeave, { signal });
    area.addEventListener("pointerleave", ({ pointerType }) => pointerType !== "touch" && onPointerLeave(), { signal });
    const pressedElsewhere = ({ target }: Event) =>
      target instanceof Node && !area.contains(target) && onPointerLeave();
    document.addEventListener("pointerdown", pressedElsewhere, { signal, capture: true });
    // What comes by itself can be sent away without moving the pointer.
    document.addEventListener("keydown", ({ key }) => key === "Escape" && onPointerLeave(), { signal });
    return abort;
  }, [layer, chartId]);
}

function ended(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
