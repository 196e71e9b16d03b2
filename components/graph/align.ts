import { type Item, type Link, neighboursOf } from "./order";

const PASSES = 6;

/**
 * Where the middle of each item stands across the layers: in the order of its layer, without touching another, and as near
 * to the middle of what it is linked with as that allows. The first begins at 0.
 */
export function alignLayers(
  layers: readonly string[][],
  { links, sizeOf, gap }: { links: readonly Link[]; sizeOf: (key: string) => number; gap: number },
): Map<string, number> {
  const items: Item[] = layers.flatMap((row, layer) => row.map((key) => ({ key, layer })));
  const neighbours = neighboursOf(items, links);
  const middle = new Map<string, number>();
  for (const row of layers) stack(row, { sizeOf, gap }, middle);
  for (let pass = 0; pass < PASSES; pass += 1) {
    const isForward = pass % 2 === 0;
    for (const row of isForward ? layers : [...layers].reverse()) {
      const targets = row.map((key) => {
        const others = (isForward ? neighbours.before : neighbours.after).get(key) ?? [];
        const all = others.length > 0 ? others : [key];
        return all.reduce((sum, other) => sum + (middle.get(other) ?? 0), 0) / all.length;
      });
      spread(row.map(sizeOf), targets, gap).forEach((at, index) => {
        middle.set(row[index] ?? "", at);
      });
    }
  }
  const first = Math.min(...items.map(({ key }) => (middle.get(key) ?? 0) - sizeOf(key) / 2));
  return new Map([...middle].map(([key, at]) => [key, at - first]));
}

/** One after the other, with the middle of all at 0. */
function stack(
  row: readonly string[],
  { sizeOf, gap }: { sizeOf: (key: string) => number; gap: number },
  middle: Map<string, number>,
): void {
  const rowLength = row.reduce((sum, key) => sum + sizeOf(key) + gap, -gap);
  let at = -rowLength / 2;
  for (const key of row) {
    middle.set(key, at + sizeOf(key) / 2);
    at += sizeOf(key) + gap;
  }
}

/**
 * The middles nearest to those that are wanted, by the sum of squares, in their order and a gap apart: those that would
 * touch move together to where they all want to be at the mean.
 */
export function spread(sizes: readonly number[], targets: readonly number[], gap: number): number[] {
  const offsets: number[] = [];
  sizes.forEach((size, index) => {
    const before = sizes[index - 1];
    offsets.push(before === undefined ? 0 : (offsets[index - 1] ?? 0) + before / 2 + gap + size / 2);
  });
  const groups: { sum: number; count: number }[] = [];
  targets.forEach((at, index) => {
    let group = { sum: at - (offsets[index] ?? 0), count: 1 };
    for (let last = groups.at(-1); last && last.sum / last.count > group.sum / group.count; last = groups.at(-1)) {
      group = { sum: group.sum + last.sum, count: group.count + last.count };
      groups.pop();
    }
    groups.push(group);
  });
  const starts = groups.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count));
  return starts.map((start, index) => start + (offsets[index] ?? 0));
}
