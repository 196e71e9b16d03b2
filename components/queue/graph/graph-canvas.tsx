"use client";
import { Maximize, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { type Direction, layOut } from "@/components/graph/layout";
import { stepTo, traceOf } from "@/components/graph/trace";
import type { Step } from "@/components/graph/units";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import type { TaskGraph } from "@/contract/queue-graph";
import { GraphEdges } from "./graph-edges";
import { GraphNode } from "./graph-node";

/** Where there is less room, steps go down. */
const NARROW_PX = 620;
const PADDING_PX = 20;
/** What is a little too wide is made smaller by itself, as far as it can be read. */
const READABLE = 0.8;
const SCALE_MIN = 0.1;
const ZOOM = 1.25;

const KEYS: Record<Direction, Record<string, { isAlong: boolean; by: 1 | -1 }>> = {
  right: {
    ...{ ArrowRight: { isAlong: true, by: 1 }, ArrowLeft: { isAlong: true, by: -1 } },
    ...{ ArrowDown: { isAlong: false, by: 1 }, ArrowUp: { isAlong: false, by: -1 } },
  },
  down: {
    ...{ ArrowDown: { isAlong: true, by: 1 }, ArrowUp: { isAlong: true, by: -1 } },
    ...{ ArrowRight: { isAlong: false, by: 1 }, ArrowLeft: { isAlong: false, by: -1 } },
  },
};

/** Tasks as boxes in the order of their steps, with what comes after what as lines between them. */
export function GraphCanvas({ graph, className }: { graph: TaskGraph; className?: string }) {
  const view = useRef<HTMLDivElement>(null);
  const available = useAvailableSize(view);
  const [zoom, setZoom] = useState<number | null>(null);
  /** What the arrow keys have come to, and what the pointer or the focus is on. */
  const [active, setActive] = useState(graph.taskId);
  const [pointed, setPointed] = useState<string | null>(null);
  const direction: Direction = available.width < NARROW_PX ? "down" : "right";
  // A state that changes moves nothing.
  const shape = JSON.stringify(
    graph.tasks.map(({ taskId, layer, dependsOn }) => ({ id: taskId, layer, before: dependsOn })),
  );
  const steps = useMemo(() => JSON.parse(shape) as Step[], [shape]);
  const layout = useMemo(() => layOut(steps, direction), [steps, direction]);
  const trace = useMemo(() => (pointed === null ? null : traceOf(steps, pointed)), [steps, pointed]);
  const fittingZoom = Math.min(
    1,
    (available.width - 2 * PADDING_PX) / Math.max(1, layout.width),
    (available.maxHeight - 2 * PADDING_PX) / Math.max(1, layout.height),
  );
  const toWidth = (available.width - 2 * PADDING_PX) / Math.max(1, layout.width);
  const scale = Math.max(SCALE_MIN, zoom ?? (toWidth >= READABLE ? Math.min(1, toWidth) : 1));
  const byId = new Map(graph.tasks.map((task) => [task.taskId, task]));
  const tabbed = byId.has(active) ? active : graph.taskId;

  const ownBox = layout.boxes.get(graph.taskId);
  const isMeasured = available.width > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a task that is added moves nobody away from where they look.
  useEffect(() => {
    const element = view.current;
    if (element === null || ownBox === undefined || !isMeasured) return;
    element.scrollTo({
      left: (ownBox.x + ownBox.width / 2) * scale + PADDING_PX - element.clientWidth / 2,
      top: (ownBox.y + ownBox.height / 2) * scale + PADDING_PX - element.clientHeight / 2,
    });
  }, [direction, scale, isMeasured]);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const step = KEYS[direction][event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const next = stepTo({ steps, layout, isAlong: step.isAlong }, tabbed, step.by);
    if (next === null) return;
    setActive(next);
    view.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <div className={cn("relative flex flex-col", className)}>
      <div ref={view} className="scroll-thin min-h-0 flex-1 overflow-auto" style={{ padding: PADDING_PX }}>
        {isMeasured && (
          <div
            className="relative mx-auto"
            style={{ width: layout.width * scale, height: layout.height * scale, minWidth: layout.width * scale }}
          >
            <div
              className="absolute top-0 left-0 origin-top-left"
              style={{ width: layout.width, height: layout.height, transform: `scale(${scale})` }}
            >
              <GraphEdges layout={layout} byId={byId} trace={trace} />
              <ul
                aria-label="Tasks by their steps; arrow keys go along the lines"
                className="absolute inset-0"
                onKeyDown={onKeyDown}
                onPointerLeave={() => setPointed(null)}
              >
                {layout.layers.flat().map((id) => {
                  const [task, box] = [byId.get(id), layout.boxes.get(id)];
                  if (task === undefined || box === undefined) return null;
                  return (
                    <GraphNode
                      key={id}
                      {...{ task, byId, box, direction }}
                      isOwn={id === graph.taskId}
                      isTabbed={id === tabbed}
                      isTraced={trace !== null && (trace.before.has(id) || trace.after.has(id))}
                      onPoint={setPointed}
                      onFocus={() => {
                        setActive(id);
                        setPointed(id);
                      }}
                    />
                  );
                })}
              </ul>
            </div>
          </div>
        )}
      </div>
      {(fittingZoom < 1 || zoom !== null) && (
        <div className="absolute right-3 bottom-3 flex gap-1 rounded-md border bg-raised p-0.5">
          <Zoom name="Smaller" icon={Minus} onClick={() => setZoom(Math.max(SCALE_MIN, scale / ZOOM))} />
          <Zoom name="Larger" icon={Plus} onClick={() => setZoom(Math.min(2, scale * ZOOM))} />
          <Zoom name="All of it" icon={Maximize} onClick={() => setZoom(fittingZoom)} />
        </div>
      )}
    </div>
  );
}

function Zoom({ name, icon: Icon, onClick }: { name: string; icon: typeof Plus; onClick: () => void }) {
  return (
    <Button variant="ghost" size="icon-sm" aria-label={name} title={name} onClick={onClick}>
      <Icon aria-hidden className="size-3.5" />
    </Button>
  );
}

type AvailableSize = { width: number; maxHeight: number };

/** How wide the picture may be, and how high before it scrolls. */
function useAvailableSize(view: { current: HTMLDivElement | null }): AvailableSize {
  const [available, setAvailable] = useState<AvailableSize>({ width: 0, maxHeight: 0 });
  useEffect(() => {
    const element = view.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      const limit = Number.parseFloat(getComputedStyle(element.parentElement ?? element).maxHeight);
      setAvailable({ width: element.clientWidth, maxHeight: Number.isNaN(limit) ? element.clientHeight : limit });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [view]);
  return available;
}
