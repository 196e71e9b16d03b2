/** What is laid out: a task, how far it stands behind the first, and which of the others it comes directly after. */
export type Step = { id: string; layer: number; before: readonly string[] };

/** What takes one place of its own: a step alone, or many alike as a block. */
export type Unit = { key: string; ids: string[]; layer: number };

/** Fewer steps than that are drawn one by one, each with its own edges. */
const BLOCK_MIN = 6;

/** Steps that come after the same and that the same come after stand together, so that each edge is drawn once for all. */
export function unitsOf(steps: readonly Step[]): Unit[] {
  const after = new Map<string, string[]>(steps.map(({ id }) => [id, []]));
  for (const { id, before } of steps) for (const other of before) after.get(other)?.push(id);
  const alike = new Map<string, Step[]>();
  for (const step of steps) {
    const name = JSON.stringify([step.layer, [...step.before].sort(), [...(after.get(step.id) ?? [])].sort()]);
    alike.set(name, [...(alike.get(name) ?? []), step]);
  }
  return [...alike.values()].flatMap((group) => {
    if (group.length < BLOCK_MIN) return group.map(({ id, layer }) => ({ key: id, ids: [id], layer }));
    return group.slice(0, 1).map(({ id, layer }) => ({ key: id, ids: group.map((step) => step.id), layer }));
  });
}

/** Which units each unit comes directly after, by their keys. */
export function unitEdges(steps: readonly Step[], units: readonly Unit[]): Map<string, Set<string>> {
  const unitOf = new Map(units.flatMap(({ key, ids }) => ids.map((id) => [id, key] as const)));
  const edges = new Map<string, Set<string>>(units.map(({ key }) => [key, new Set()]));
  for (const { id, before } of steps)
    for (const other of before) {
      const from = unitOf.get(other);
      if (from !== undefined) edges.get(unitOf.get(id) ?? "")?.add(from);
    }
  return edges;
}
