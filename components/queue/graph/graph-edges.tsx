import type { Layout, Stretch } from "@/components/graph/layout";
import type { Trace } from "@/components/graph/trace";
import { hasFailed } from "@/components/queue/task/hold-ups";
import { cn } from "@/components/ui/class-names";
import type { GraphTask } from "@/contract/queue-graph";

type Drawn = { layout: Layout; byId: ReadonlyMap<string, GraphTask>; trace: Trace | null };

/** The lines between tasks: done, waited for, or what a failure holds up; those of the traced path last, above the others. */
export function GraphEdges({ layout, byId, trace }: Drawn) {
  const inUnit = new Map<string, GraphTask[]>();
  for (const [id, unit] of layout.unitOf) {
    const task = byId.get(id);
    if (task !== undefined) inUnit.set(unit, [...(inUnit.get(unit) ?? []), task]);
  }
  const isOn = (unit: string, ids: ReadonlySet<string>) =>
    (inUnit.get(unit) ?? []).some(({ taskId }) => ids.has(taskId));
  const isTraced = ({ source, targets }: Stretch) =>
    trace !== null &&
    [trace.before, trace.after].some((ids) => isOn(source, ids) && targets.some((target) => isOn(target, ids)));
  const traced = layout.stretches.map((stretch) => ({ stretch, isTraced: isTraced(stretch) }));
  traced.sort((a, b) => Number(a.isTraced) - Number(b.isTraced));
  return (
    <svg
      aria-hidden="true"
      className="pointer-events-none absolute top-0 left-0 overflow-visible fill-none"
      width={layout.width}
      height={layout.height}
    >
      {layout.frames.map(({ key, x, y, width, height }) => (
        <rect key={key} {...{ x, y, width, height }} rx={10} className="fill-sunken stroke-line" />
      ))}
      {traced.map(({ stretch, isTraced }) => (
        <path
          key={stretch.key}
          d={stretch.path}
          strokeWidth={isTraced ? 2.5 : 1.5}
          strokeLinecap="round"
          strokeDasharray={toneOf(stretch, inUnit) === "bad" ? "5 4" : undefined}
          className={cn(isTraced ? "stroke-accent" : STROKES[toneOf(stretch, inUnit)])}
        />
      ))}
    </svg>
  );
}

const STROKES = { good: "stroke-good", bad: "stroke-bad", quiet: "stroke-line-strong" } as const;

function toneOf({ source, targets }: Stretch, inUnit: ReadonlyMap<string, GraphTask[]>): keyof typeof STROKES {
  const from = inUnit.get(source) ?? [];
  const to = targets.flatMap((target) => inUnit.get(target) ?? []);
  if (from.some(hasFailed) && to.some(({ blocker }) => blocker?.kind === "dependency-failed")) return "bad";
  return from.every(({ state }) => state === "completed") ? "good" : "quiet";
}
