import { alignLayers } from "./align";
import { orderLayers } from "./order";
import { routesOf, type Segment } from "./routes";
import { type Step, type Unit, unitEdges, unitsOf } from "./units";

/** Steps go on to the right, or down where there is no room for that. */
export type Direction = "right" | "down";
export type Box = { x: number; y: number; width: number; height: number };
/** A piece of the edges from one unit to some others, as an SVG path; `isEnd`: it arrives at one. */
export type Stretch = Pick<Segment, "source" | "targets"> & { key: string; path: string; isEnd: boolean };
export type Layout = {
  width: number;
  height: number;
  boxes: Map<string, Box>;
  /** Around the steps of each block. */
  frames: (Box & { key: string; count: number })[];
  stretches: Stretch[];
  /** The steps as they are read: layer by layer, each in its order. */
  layers: string[][];
  /** The keys by which stretches name what steps stand in. */
  unitOf: Map<string, string>;
};

/** Of a step's box and of the room between layers and within them, in pixels. */
const SIZES = {
  right: { width: 196, height: 66, between: 52, beside: 14 },
  down: { width: 150, height: 84, between: 40, beside: 12 },
} as const;
const FRAME_PX = 8;
const INNER_GAP_PX = 8;
/** What an edge takes of a layer that it passes by. */
const WAY_PX = 6;
/** How much wider than high a block is; where steps go down, how many of it stand beside each other. */
const BLOCK_RATIO = 1.6;
const DOWN_COLUMNS = 2;
const ARROW_PX = 5;

/** In the direction of the steps from `start` to `end`, within its layer, and across it around `middle`. */
type Position = { start: number; end: number; middle: number; across: number; layer: { start: number; end: number } };

/** Where each step and each edge is drawn: in layers, with few crossings, those that are alike as blocks. */
export function layOut(steps: readonly Step[], direction: Direction): Layout {
  const units = unitsOf(steps);
  const { items, pieces, straight } = routesOf(units, unitEdges(steps, units));
  const { between, beside } = SIZES[direction];
  const extents = new Map(units.map((unit) => [unit.key, extentOf(unit, direction)]));
  const rows = orderLayers(items, pieces);
  const sizeOf = (key: string) => extents.get(key)?.across ?? WAY_PX;
  const middles = alignLayers(rows, { links: pieces, sizeOf, gap: beside });
  const positions = new Map<string, Position>();
  let start = 0;
  for (const row of rows) {
    const length = Math.max(0, ...row.map((key) => extents.get(key)?.along ?? 0));
    for (const key of row) {
      const extent = extents.get(key)?.along ?? length;
      const from = start + (length - extent) / 2;
      const layer = { start, end: start + length };
      positions.set(key, {
        start: from,
        end: from + extent,
        middle: middles.get(key) ?? 0,
        across: sizeOf(key),
        layer,
      });
    }
    start += length + between;
  }
  const inUnits = new Map(units.map((unit) => [unit.key, unit]));
  const allPositions = [...positions.values()];
  const along = Math.max(0, ...allPositions.map(({ end }) => end));
  const across = Math.max(0, ...allPositions.map((position) => position.middle + position.across / 2));
  return {
    ...(direction === "right" ? { width: along, height: across } : { width: across, height: along }),
    boxes: new Map(units.flatMap((unit) => boxesOf(unit, positions.get(unit.key), direction))),
    frames: units.flatMap(({ key, ids }) => {
      const position = positions.get(key);
      return ids.length === 1 || position === undefined
        ? []
        : [{ ...boxOf(position, direction), key, count: ids.length }];
    }),
    stretches: [...pieces, ...straight].flatMap((piece) => stretchOf(piece, { positions, inUnits, direction })),
    layers: rows.map((row) => row.flatMap((key) => inUnits.get(key)?.ids ?? [])),
    unitOf: new Map(units.flatMap(({ key, ids }) => ids.map((id) => [id, key] as const))),
  };
}

function columnsOf({ ids }: Unit, direction: Direction): number {
  if (ids.length === 1) return 1;
  if (direction === "down") return DOWN_COLUMNS;
  const { width, height } = SIZES.right;
  return Math.max(2, Math.round(Math.sqrt((BLOCK_RATIO * ids.length * height) / width)));
}

function extentOf(unit: Unit, direction: Direction): { along: number; across: number } {
  const { width, height } = SIZES[direction];
  const columns = columnsOf(unit, direction);
  const rows = Math.ceil(unit.ids.length / columns);
  const frame = unit.ids.length === 1 ? 0 : 2 * FRAME_PX;
  const x = columns * (width + INNER_GAP_PX) - INNER_GAP_PX + frame;
  const y = rows * (height + INNER_GAP_PX) - INNER_GAP_PX + frame;
  return direction === "right" ? { along: x, across: y } : { along: y, across: x };
}

function boxOf({ start, end, middle, across }: Position, direction: Direction): Box {
  const from = middle - across / 2;
  return direction === "right"
    ? { x: start, y: from, width: end - start, height: across }
    : { x: from, y: start, width: across, height: end - start };
}

/** The box of each step of a unit. */
function boxesOf(unit: Unit, position: Position | undefined, direction: Direction): [id: string, box: Box][] {
  if (position === undefined) return [];
  const outer = boxOf(position, direction);
  const { width, height } = SIZES[direction];
  const columns = columnsOf(unit, direction);
  const frame = unit.ids.length === 1 ? 0 : FRAME_PX;
  return unit.ids.map((id, at) => {
    const x = outer.x + frame + (at % columns) * (width + INNER_GAP_PX);
    const y = outer.y + frame + Math.floor(at / columns) * (height + INNER_GAP_PX);
    return [id, { x, y, width, height }];
  });
}

type Drawn = { positions: Map<string, Position>; inUnits: Map<string, Unit>; direction: Direction };

function stretchOf(piece: Segment, { positions, inUnits, direction }: Drawn): Stretch[] {
  const from = positions.get(piece.from);
  const to = positions.get(piece.to);
  if (from === undefined || to === undefined) return [];
  const point = (along: number, across: number) =>
    (direction === "right" ? [along, across] : [across, along]).map((part) => Math.round(part * 10) / 10).join(" ");
  const isEnd = inUnits.has(piece.to);
  const arrowTip = isEnd ? to.start - 1 : to.start;
  // It bends between the layers alone: beside what is narrower than its layer there may be something that is not. From a
  // unit it begins at its end; what passes a layer by goes straight through.
  const [out, into] = [from.layer.end, to.layer.start];
  const curveTo = (into - out) / 2;
  const begin = `M${point(inUnits.has(piece.from) ? from.end : from.start, from.middle)}L${point(out, from.middle)}`;
  const curve = `C${point(out + curveTo, from.middle)} ${point(into - curveTo, to.middle)} ${point(into, to.middle)}`;
  const finish = `L${point(arrowTip, to.middle)}`;
  const arrowWing = (side: number) => point(arrowTip - ARROW_PX, to.middle + side * ARROW_PX);
  const arrow = isEnd ? `M${arrowWing(-1)}L${point(arrowTip, to.middle)}L${arrowWing(1)}` : "";
  const { source, targets } = piece;
  return [{ source, targets, key: `${piece.from} ${piece.to}`, path: begin + curve + finish + arrow, isEnd }];
}
