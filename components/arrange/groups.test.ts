import { expect, test } from "vitest";
import { byGivenOrder, groupRows } from "./groups";

type Row = { id: number; under: string };
const rows: Row[] = [
  { id: 1, under: "shop" },
  { id: 2, under: "docs" },
  { id: 3, under: "shop" },
  { id: 4, under: "" },
];
const idsOf = (groups: { key: string; rows: readonly Row[] }[]) =>
  groups.map(({ key, rows }) => [key, rows.map(({ id }) => id)]);
const grouping = { keyOf: ({ under }: Row) => under, nameOf: ({ under }: Row) => under.toUpperCase() };

test("groups rows by a common value in their order, and loses none", () => {
  expect(idsOf(groupRows(rows, grouping))).toEqual([
    ["shop", [1, 3]],
    ["docs", [2]],
    ["", [4]],
  ]);
  expect(groupRows(rows, grouping).map(({ name }) => name)).toEqual(["SHOP", "DOCS", ""]);
  expect(groupRows([], grouping)).toEqual([]);
  const alike = groupRows(rows, { ...grouping, nameOf: ({ under }) => (under === "" ? "none" : "one") });
  expect(alike.map(({ name }) => name)).toEqual(["shop", "docs", "none"]);
});

test("orders groups as given, and unknown ones after them alphabetically", () => {
  const compare = byGivenOrder(["", "shop"]);
  const more = [...rows, { id: 5, under: "art" }];
  expect(groupRows(more, { ...grouping, compare }).map(({ key }) => key)).toEqual(["", "shop", "art", "docs"]);
});
