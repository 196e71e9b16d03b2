/** Something in a layer: a unit, or a way that passes it by. Links lead to the next layer alone. */
export type Item = { key: string; layer: number };
export type Link = { from: string; to: string };

/** Passes to and fro: a few find nearly all that more would. */
const SWEEPS = 8;

/** The items of each layer in an order in which few links cross: each goes to the middle of what it is linked with. */
export function orderLayers(items: readonly Item[], links: readonly Link[]): string[][] {
  let layers = layersIn(items);
  const neighbours = neighboursOf(items, links);
  let best = layers;
  let fewest = countCrossings(layers, links);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    layers = sweepOnce(layers, neighbours, sweep % 2 === 0);
    const crossings = countCrossings(layers, links);
    if (crossings < fewest) [best, fewest] = [layers, crossings];
  }
  return best;
}

function layersIn(items: readonly Item[]): string[][] {
  const layers: string[][] = [];
  for (const { key, layer } of items) {
    while (layers.length <= layer) layers.push([]);
    layers[layer]?.push(key);
  }
  return layers;
}

type Neighbours = { before: Map<string, string[]>; after: Map<string, string[]> };

/** What each item is linked with in the layer before it, and in the one after it. */
export function neighboursOf(items: readonly Item[], links: readonly Link[]): Neighbours {
  const none = () => new Map<string, string[]>(items.map(({ key }) => [key, []]));
  const neighbours: Neighbours = { before: none(), after: none() };
  for (const { from, to } of links) {
    neighbours.before.get(to)?.push(from);
    neighbours.after.get(from)?.push(to);
  }
  return neighbours;
}

function sweepOnce(layers: string[][], neighbours: Neighbours, isForward: boolean): string[][] {
  const next = layers.map((layer) => [...layer]);
  const indexes = indexesIn(next);
  const route = isForward ? next.keys() : [...next.keys()].reverse();
  for (const layer of route) {
    const row = next[layer] ?? [];
    const targetIndexes = new Map(
      row.map((key) => {
        const others = (isForward ? neighbours.before : neighbours.after).get(key) ?? [];
        const currentIndex = indexes.get(key) ?? 0;
        return [key, others.length === 0 ? currentIndex : mean(others.map((other) => indexes.get(other) ?? 0))];
      }),
    );
    // A stable sort: what wants the same place keeps its order.
    row.sort((a, b) => (targetIndexes.get(a) ?? 0) - (targetIndexes.get(b) ?? 0));
    for (const [key, at] of indexesIn([row])) indexes.set(key, at);
  }
  return next;
}

/** From 0 to 1 within each layer, so that short ones and long ones can be compared. */
function indexesIn(layers: string[][]): Map<string, number> {
  return new Map(layers.flatMap((row) => row.map((key, at) => [key, (at + 0.5) / row.length] as const)));
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many pairs of links cross. */
export function countCrossings(layers: readonly string[][], links: readonly Link[]): number {
  const layerOf = new Map(layers.flatMap((row, layer) => row.map((key) => [key, layer] as const)));
  const indexOf = new Map(layers.flatMap((row) => row.map((key, at) => [key, at] as const)));
  const perLayer = layers.map((): [from: number, to: number][] => []);
  for (const { from, to } of links)
    perLayer[layerOf.get(from) ?? -1]?.push([indexOf.get(from) ?? 0, indexOf.get(to) ?? 0]);
  return perLayer.reduce((sum, pairs, layer) => sum + countInversions(pairs, layers[layer + 1]?.length ?? 0), 0);
}

/** Pairs whose ends stand the other way round than their beginnings, by a tree of sums over the ends. */
function countInversions(pairs: [from: number, to: number][], width: number): number {
  const sums = new Array<number>(width + 1).fill(0);
  const countTo = (end: number) => {
    let sum = 0;
    for (let at = end; at > 0; at -= at & -at) sum += sums[at] ?? 0;
    return sum;
  };
  let crossings = 0;
  let inversions = 0;
  for (const [, to] of pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    crossings += inversions - countTo(to + 1);
    inversions += 1;
    for (let at = to + 1; at <= width; at += at & -at) sums[at] = (sums[at] ?? 0) + 1;
  }
  return crossings;
}
