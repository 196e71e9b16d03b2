import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Arrangements,
  asViewed,
  NO_COLUMNS,
  NOT_ARRANGED,
  readColumns,
  shownColumns,
  toggleColumn,
} from "./arrangement";
import { printFilter, type QueryPage } from "./page";
import { QUERY_PAGES } from "./pages";
import { readQuery } from "./read";
import { RUN_QUERY } from "./runs";
import { SESSION_QUERY } from "./sessions";
import { TASK_QUERY } from "./tasks";

const COLUMNS: Arrangements["columns"] = [
  { id: "a", name: "A" },
  { id: "b", name: "B", isOptional: true },
  { id: "c", name: "C" },
];
const shown = (columns: string | null) => shownColumns(COLUMNS, columns).map(({ id }) => id);

test("columns of a URL follow the list's order, each once, without unknown ones", () => {
  expect(readColumns(COLUMNS, null)).toBeNull();
  expect(readColumns(COLUMNS, "c,b,c,x")).toBe("b,c");
  expect(readColumns(COLUMNS, NO_COLUMNS)).toBe(NO_COLUMNS);
  for (const nothing of ["", "x", ",,", "A", "__proto__"]) expect(readColumns(COLUMNS, nothing)).toBeNull();
  expect([shown(null), shown("b"), shown(NO_COLUMNS)]).toEqual([["a", "c"], ["b"], []]);
});

test("toggles a column, and the default columns are no choice", () => {
  expect(toggleColumn(COLUMNS, null, "b")).toBe("a,b,c");
  expect(toggleColumn(COLUMNS, "a,b,c", "b")).toBeNull();
  expect(toggleColumn(COLUMNS, "c", "c")).toBe(NO_COLUMNS);
  expect(toggleColumn(COLUMNS, NO_COLUMNS, "a")).toBe("a");
  expect(toggleColumn(COLUMNS, "a", "c")).toBeNull();
  const columns = fc.oneof(fc.constant(null), fc.string(), fc.subarray(["a", "b", "c", NO_COLUMNS]).map(String));
  fc.assert(
    fc.property(columns, fc.constantFrom("a", "b", "c"), (text, id) => {
      const chosen = readColumns(COLUMNS, text);
      expect(readColumns(COLUMNS, chosen)).toBe(chosen);
      const once = toggleColumn(COLUMNS, chosen, id);
      expect(shown(once).includes(id)).toBe(!shown(chosen).includes(id));
      expect(shown(toggleColumn(COLUMNS, once, id))).toEqual(shown(chosen));
    }),
  );
});

test("a view stores its list's arrangement beside its query, and the query box has neither", () => {
  const viewed = asViewed(SESSION_QUERY);
  const text = "group:state columns:expires,profile,expires state:running foo";
  const { filter, problems } = readQuery(viewed, text);
  expect(problems).toEqual([]);
  expect(filter).toMatchObject({ state: "running", search: "foo", columns: "profile,expires", group: "state" });
  expect(printFilter(viewed, filter)).toBe("state:running columns:profile,expires group:state foo");
  expect(printFilter(viewed, { ...SESSION_QUERY.none, ...NOT_ARRANGED })).toBe("");
  expect(printFilter(SESSION_QUERY, filter)).toBe("state:running foo");
  expect(readQuery(SESSION_QUERY, "columns:profile").problems).toHaveLength(1);
  const problemsOf = (page: unknown, query: string) =>
    readQuery(asViewed(page as QueryPage), query).problems.map(({ message }) => message);
  expect(problemsOf(SESSION_QUERY, "columns:profile,thred")[0]).toContain("Unknown column “thred”: there are profile,");
  expect(problemsOf(SESSION_QUERY, "columns:none,profile")[0]).toContain("Unknown column “none”");
  expect(problemsOf(SESSION_QUERY, "columns:none")).toEqual([]);
  expect(problemsOf(RUN_QUERY, "group:project")[0]).toContain("Unknown group “project”");
  expect(problemsOf(TASK_QUERY, "group:state")[0]).toContain("Unknown filter “group”");
});

test("column and group ids are unique per list, and differ from query keys", () => {
  for (const { page, keys, arrangements } of Object.values(QUERY_PAGES) as unknown as QueryPage[]) {
    const { columns = [], groups = [] } = arrangements ?? {};
    for (const values of [columns.map(({ id }) => id), columns.map(({ name }) => name), groups.map(({ id }) => id)])
      expect(new Set(values).size, page).toBe(values.length);
    for (const { id } of columns) expect(id).toMatch(/^(?!none$)[a-z]+$/);
    expect(keys.map(({ name }) => name)).not.toEqual(expect.arrayContaining(["columns"]));
    expect(keys.map(({ name }) => name)).not.toEqual(expect.arrayContaining(["group"]));
  }
});

test("docs/CONSOLE.md lists each list's columns and groups", () => {
  const document = readFileSync(new URL("../../docs/CONSOLE.md", import.meta.url), "utf8");
  const rows = document.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const told = (ids: readonly { id: string }[]) => ids.map(({ id }) => `\`${id}\``).join(", ");
  for (const { page, arrangements } of Object.values(QUERY_PAGES) as unknown as QueryPage[]) {
    if (arrangements === undefined) continue;
    const { columns, groups } = arrangements;
    expect(rows.filter(([, first]) => first === `of ${page}`).map((cells) => cells.slice(2, 5))).toEqual([
      [
        told(columns.filter((column) => !column.isOptional)),
        told(columns.filter((column) => column.isOptional)),
        told(groups),
      ],
    ]);
  }
});
