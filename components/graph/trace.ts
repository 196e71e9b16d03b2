import type { Layout } from "./layout";
import type { Step } from "./units";

/** What a step comes after and what comes after it, over any steps, and itself. */
export type Trace = { before: ReadonlySet<string>; after: ReadonlySet<string> };

export function traceOf(steps: readonly Step[], id: string): Trace {
  const before = new Map(steps.map((step) => [step.id, step.before]));
  const after = new Map<string, string[]>(steps.map((step) => [step.id, []]));
  for (const step of steps) for (const other of step.before) after.get(other)?.push(step.id);
  return { before: reach(id, before), after: reach(id, after) };
}

function reach(id: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set([id]);
  for (const reachedId of reached)
    for (const other of next.get(reachedId) ?? []) if (next.has(other)) reached.add(other);
  return reached;
}

/** The step that an arrow key leads to: along the edges the one that is nearest beside, across them the next of its layer. */
export function stepTo(
  { steps, layout, isAlong }: { steps: readonly Step[]; layout: Layout; isAlong: boolean },
  id: string,
  by: 1 | -1,
): string | null {
  if (!isAlong) {
    const row = layout.layers.find((layer) => layer.includes(id)) ?? [];
    return row[row.indexOf(id) + by] ?? null;
  }
  const others =
    by === 1
      ? steps.filter(({ before }) => before.includes(id)).map((step) => step.id)
      : (steps.find((step) => step.id === id)?.before ?? []);
  const ownBox = layout.boxes.get(id);
  const distance = (other: string) => {
    const box = layout.boxes.get(other);
    return ownBox && box ? Math.hypot(box.x - ownBox.x, box.y - ownBox.y) : Number.POSITIVE_INFINITY;
  };
  return [...others].filter((other) => layout.boxes.has(other)).sort((a, b) => distance(a) - distance(b))[0] ?? null;
}
