/**
 * Places tasks in layers. `before`: each task's direct dependencies. A task's layer is one more than the highest layer
 * of those. A task without dependencies is placed directly before the first task that depends on it, not at the
 * beginning.
 */
export function layersOf(before: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const after = new Map<string, string[]>([...before.keys()].map((id) => [id, []]));
  const openCounts = new Map<string, number>();
  for (const [id, others] of before) {
    const present = others.filter((other) => after.has(other));
    openCounts.set(id, present.length);
    for (const other of present) after.get(other)?.push(id);
  }
  const layers = new Map<string, number>();
  const ready = [...before.keys()].filter((id) => openCounts.get(id) === 0);
  for (const id of ready) {
    const layer = Math.max(-1, ...(before.get(id) ?? []).map((other) => layers.get(other) ?? -1)) + 1;
    layers.set(id, layer);
    for (const other of after.get(id) ?? []) {
      const remaining = (openCounts.get(other) ?? 0) - 1;
      openCounts.set(other, remaining);
      if (remaining === 0) ready.push(other);
    }
  }
  for (const [id, others] of before) {
    const later = (after.get(id) ?? []).map((other) => layers.get(other) ?? 0);
    if (others.length === 0 && later.length > 0) layers.set(id, Math.min(...later) - 1);
  }
  return layers;
}
