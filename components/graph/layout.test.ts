import { expect, test } from "vitest";
import { spread } from "./align";
import { type Box, type Direction, type Layout, layOut } from "./layout";
import { countCrossings, type Item, type Link, orderLayers } from "./order";
import { routesOf } from "./routes";
import { stepTo, traceOf } from "./trace";
import { type Step, unitsOf } from "./units";

/** Steps from what each comes after, with their layers as the server gives them. */
function stepsOf(graph: Record<string, string[]>): Step[] {
  const layerOf = (id: string): number => Math.max(-1, ...(graph[id] ?? []).map(layerOf)) + 1;
  return Object.entries(graph).map(([id, before]) => ({ id, before, layer: layerOf(id) }));
}

const touch = (a: Box, b: Box) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

/** What holds of every picture. */
function check(steps: readonly Step[], layout: Layout, direction: Direction): void {
  const boxes = [...layout.boxes];
  expect(boxes.map(([id]) => id).sort()).toEqual(steps.map(({ id }) => id).sort());
  for (const [at, [id, box]] of boxes.entries()) {
    expect(box.x > -0.01 && box.y > -0.01 && box.x + box.width <= layout.width + 0.01, id).toBe(true);
    expect(box.y + box.height <= layout.height + 0.01, id).toBe(true);
    for (const [other, place] of boxes.slice(at + 1)) expect(touch(box, place), `${id} and ${other}`).toBe(false);
  }
  for (const { id, before } of steps)
    for (const other of before) {
      const [from, to] = [layout.boxes.get(other), layout.boxes.get(id)];
      if (from === undefined || to === undefined) continue;
      const goesOn = direction === "right" ? from.x + from.width < to.x : from.y + from.height < to.y;
      expect(goesOn, `${other} before ${id}`).toBe(true);
      // Each edge arrives, whole.
      const [source, target] = [layout.unitOf.get(other) ?? "", layout.unitOf.get(id) ?? ""];
      const pieces = layout.stretches.filter((one) => one.source === source && one.targets.includes(target));
      expect(pieces.filter(({ isEnd }) => isEnd)).toHaveLength(1);
    }
  for (const { path } of layout.stretches) expect(path).toMatch(/^M[\d. LCM-]+$/);
}

const DIAMOND = stepsOf({ a: [], b: ["a"], c: ["a"], d: ["b", "c"], e: ["d", "a"] });

/** So many steps at random, each after some of those before it: the same for the same seed. */
function randomSteps(count: number, seed: number): Step[] {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const graph: Record<string, string[]> = {};
  const layers = new Map<string, number>();
  for (let at = 0; at < count; at += 1) {
    const before = new Set<string>();
    for (let edge = Math.floor(random() * 4); edge > 0 && at > 0; edge -= 1)
      before.add(`s${at - 1 - Math.floor(random() ** 2 * Math.min(at, 60))}`);
    graph[`s${at}`] = [...before];
    layers.set(`s${at}`, Math.max(-1, ...[...before].map((id) => layers.get(id) ?? -1)) + 1);
  }
  return Object.entries(graph).map(([id, before]) => ({ id, before, layer: layers.get(id) ?? 0 }));
}

test("boxes do not overlap, each step follows its dependencies, and each edge arrives", () => {
  const fan = stepsOf({
    first: [],
    ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`fan ${at}`, ["first"]])),
    last: Array.from({ length: 40 }, (_, at) => `fan ${at}`),
  });
  const all = [stepsOf({ alone: [] }), DIAMOND, fan, ...[1, 2, 3, 4].map((seed) => randomSteps(80, seed))];
  for (const steps of all) {
    check(steps, layOut(steps, "right"), "right");
    check(steps, layOut(steps, "down"), "down");
  }
  expect(layOut([], "right")).toMatchObject({ width: 0, height: 0, stretches: [], layers: [] });
});

test("a chain is a straight line, and a diamond's branches are level around its ends", () => {
  const chain = layOut(stepsOf({ a: [], b: ["a"], c: ["b"] }), "right");
  expect(new Set([...chain.boxes.values()].map(({ y }) => y)).size).toBe(1);
  const { boxes } = layOut(stepsOf({ a: [], b: ["a"], c: ["a"], d: ["b", "c"] }), "right");
  const y = (id: string) => boxes.get(id)?.y ?? Number.NaN;
  expect(y("a")).toBeCloseTo((y("b") + y("c")) / 2);
  expect(y("d")).toBeCloseTo(y("a"));
});

test("swaps two items stored in the wrong order, so that no edges cross", () => {
  const items: Item[] = ["a", "b", "x", "y", "m", "n"].map((key, at) => ({ key, layer: Math.floor(at / 2) }));
  const links: Link[] = [
    ...[
      { from: "a", to: "y" },
      { from: "b", to: "x" },
      { from: "x", to: "m" },
      { from: "y", to: "n" },
    ],
  ];
  expect(
    countCrossings(
      [
        ["a", "b"],
        ["x", "y"],
        ["m", "n"],
      ],
      links,
    ),
  ).toBe(1);
  expect(countCrossings(orderLayers(items, links), links)).toBe(0);
  const all = ["a", "b"].flatMap((from) => ["x", "y"].map((to) => ({ from, to })));
  expect(
    countCrossings(
      [
        ["a", "b"],
        ["x", "y"],
      ],
      all,
    ),
  ).toBe(1);
  // Against a count of each pair.
  const steps = randomSteps(60, 7);
  const units = unitsOf(steps);
  const { items: placed, pieces } = routesOf(units, new Map(steps.map(({ id, before }) => [id, new Set(before)])));
  const rows = orderLayers(placed, pieces);
  const place = new Map(rows.flatMap((row, layer) => row.map((key, at) => [key, { layer, at }] as const)));
  const ends = pieces.map(({ from, to }) => [place.get(from), place.get(to)] as const);
  const crossings = ends.flatMap(([from, to], at) =>
    ends.slice(at + 1).filter(([otherFrom, otherTo]) => {
      if (!from || !to || !otherFrom || !otherTo || from.layer !== otherFrom.layer) return false;
      return (from.at - otherFrom.at) * (to.at - otherTo.at) < 0;
    }),
  );
  expect(countCrossings(rows, pieces)).toBe(crossings.length);
});

test("similar items form a block with one edge in and one out", () => {
  const names = Array.from({ length: 6 }, (_, at) => `part ${at}`);
  const graph = (parts: string[]) => ({
    first: [],
    ...Object.fromEntries(parts.map((name) => [name, ["first"]])),
    last: parts,
  });
  const { frames, stretches } = layOut(stepsOf(graph(names)), "right");
  expect([frames.map(({ count }) => count), stretches.length]).toEqual([[6], 2]);
  const few = layOut(stepsOf(graph(names.slice(1))), "right");
  expect([few.frames, few.stretches.length]).toEqual([[], 10]);
  // One that something else waits for is not like the others.
  const odd = layOut(stepsOf({ ...graph(names), besides: ["part 0"] }), "right");
  expect([odd.frames, odd.stretches.length]).toEqual([[], 13]);
});

test("edges bend only between layers and cross no block", () => {
  const parts = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name} ${at}`);
  const [small, large] = [parts("small", 6), parts("large", 60)];
  const steps = stepsOf({
    first: [],
    ...Object.fromEntries([...small, ...large].map((name) => [name, ["first"]])),
    ...{ "after small": small, "after large": large },
  });
  const { frames, stretches } = layOut(steps, "right");
  const [narrow, wide] = [...frames].sort((a, b) => a.width - b.width);
  if (narrow === undefined || wide === undefined) throw new Error("there are two blocks");
  const bends = stretches.flatMap(({ path }) => [...path.matchAll(/L([\d.]+) [\d.-]+C.* ([\d.]+) [\d.-]+L/g)]);
  expect(bends).toHaveLength(4);
  for (const [, from, to] of bends) expect(Number(from) >= wide.x + wide.width || Number(to) <= wide.x).toBe(true);
  expect(narrow.x > wide.x).toBe(true);
});

test("an edge over several layers has a place in each, shared with edges of the same start", () => {
  const steps = stepsOf({ a: [], b: ["a"], c: ["b"], d: ["c", "a"], e: ["d", "a"] });
  const units = unitsOf(steps);
  const { items, pieces, straight } = routesOf(units, new Map(steps.map(({ id, before }) => [id, new Set(before)])));
  expect(items.length - units.length).toBe(3);
  expect(straight).toEqual([]);
  expect(pieces.filter(({ source }) => source === "a").map(({ targets }) => [...targets].sort())).toEqual([
    ...[["b"], ["d", "e"], ["d", "e"], ["d"], ["e"], ["e"]],
  ]);
  const { boxes, stretches } = layOut(steps, "right");
  const [b] = [boxes.get("b")];
  const past = stretches.find(({ key }) => key.startsWith("a past 1 "));
  const height = Number(past?.path.match(/^M[\d.]+ ([\d.]+)L/)?.[1]);
  expect(b !== undefined && (height < b.y || height > b.y + b.height)).toBe(true);
});

test("separates overlapping items by the minimum", () => {
  expect(spread([10, 10], [0, 100], 2)).toEqual([0, 100]);
  expect(spread([10, 10], [0, 0], 2)).toEqual([-6, 6]);
  expect(spread([10, 20, 10], [50, 0, 0], 0).map(Math.round)).toEqual([2, 17, 32]);
  expect(spread([], [], 2)).toEqual([]);
});

test("a path includes all transitive dependencies and dependents", () => {
  const { before, after } = traceOf(DIAMOND, "d");
  expect([[...before].sort(), [...after].sort()]).toEqual([
    ["a", "b", "c", "d"],
    ["d", "e"],
  ]);
});

test("arrow keys follow edges, and move within a layer", () => {
  const layout = layOut(DIAMOND, "right");
  const go = (id: string, isAlong: boolean, by: 1 | -1) => stepTo({ steps: DIAMOND, layout, isAlong }, id, by);
  expect(["b", "c"]).toContain(go("a", true, 1));
  expect(go("d", true, 1)).toBe("e");
  expect(go("a", true, -1)).toBeNull();
  const [upper = "", lower = ""] = layout.layers[1] ?? [];
  expect([go(upper, false, 1), go(lower, false, -1), go(lower, false, 1)]).toEqual([lower, upper, null]);
});

test("edges beyond the available places go straight, and all arrive", () => {
  const dense: Step[] = Array.from({ length: 200 }, (_, at) => ({
    ...{ id: `s${at}`, layer: at },
    before: Array.from({ length: Math.min(at, 50) }, (_, back) => `s${at - 1 - back}`),
  }));
  const layout = layOut(dense, "right");
  expect(layout.boxes.size).toBe(200);
  expect(layout.stretches.filter(({ isEnd }) => isEnd)).toHaveLength(dense.flatMap(({ before }) => before).length);
});
