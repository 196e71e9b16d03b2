import type { Item, Link } from "./order";
import type { Unit } from "./units";

/** A link with the edges that it is a piece of: from one unit to some that come directly after it. */
export type Segment = Link & { source: string; targets: string[] };
export type Routes = {
  /** The units, and a place in each layer that an edge passes by. */
  items: Item[];
  /** Each from one layer to the next. */
  pieces: Segment[];
  /** Edges that pass layers by and have no place there. */
  straight: Segment[];
};

/** Places that edges take in the layers they pass by, at most: a picture with more is no picture. */
const PLACES_MAX = 1_000;

/** Cuts each edge into pieces from layer to layer. Those from one unit share their way as far as they go together. */
export function routesOf(units: readonly Unit[], before: ReadonlyMap<string, ReadonlySet<string>>): Routes {
  const layerOf = new Map(units.map(({ key, layer }) => [key, layer]));
  const after = new Map<string, Unit[]>(units.map(({ key }) => [key, []]));
  for (const unit of units) for (const source of before.get(unit.key) ?? []) after.get(source)?.push(unit);
  const routes: Routes = { items: units.map(({ key, layer }) => ({ key, layer })), pieces: [], straight: [] };
  for (const [source, targets] of after) {
    const first = (layerOf.get(source) ?? 0) + 1;
    const last = Math.max(first, ...targets.map(({ layer }) => layer));
    const isCrowded = routes.items.length - units.length + last - first > PLACES_MAX;
    let from = source;
    for (let layer = first; layer <= last; layer += 1) {
      for (const { key } of targets.filter((target) => target.layer === layer))
        (isCrowded ? routes.straight : routes.pieces).push({ from, to: key, source, targets: [key] });
      const further = targets.filter((target) => target.layer > layer).map(({ key }) => key);
      if (further.length === 0 || isCrowded) continue;
      const key = `${source} past ${layer}`;
      routes.items.push({ key, layer });
      routes.pieces.push({ from, to: key, source, targets: further });
      from = key;
    }
  }
  return routes;
}
