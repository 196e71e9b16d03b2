import { createLoader } from "nuqs/server";
import { expect, test } from "vitest";
import { SESSION_FILTERS } from "@/components/sessions/filter";
import { viewAddress } from "@/components/views/addresses";
import { RUN_QUERY } from "@/contract/query/runs";
import { SESSION_QUERY } from "@/contract/query/sessions";
import { chipsOf, conditionWords } from "./chips";
import { suggest } from "./suggestions";

const rows = [
  { metadata: { ticket: 7, team: "shop floor", "due date": null } },
  { metadata: { ticket: 70, team: "shop floor", list: [1], __proto__: null } },
];
const offered = (text: string, page: typeof SESSION_QUERY | typeof RUN_QUERY = SESSION_QUERY) =>
  suggest(page as typeof SESSION_QUERY, { text, caret: text.length, knownValues: {}, rows }).map(
    (option) => option.text,
  );

test("suggests the loaded rows' metadata names after the dot, and their values after the colon", () => {
  expect(offered("meta")).toEqual(["metadata.", "meta."]);
  expect(offered("metadata.")).toEqual([
    ...['metadata."due date":', "metadata.list:", "metadata.team:", "metadata.ticket:"],
  ]);
  expect(offered("meta.ti")).toEqual(["meta.ticket:"]);
  expect(offered('META."du')).toEqual(['meta."due date":']);
  expect(offered("lane meta.team:")).toEqual(['"shop floor"']);
  expect(offered("meta.ticket:7")).toEqual(["7", "70"]);
  expect(offered('meta."due date":')).toEqual(["null"]);
  expect(offered("meta.list:")).toEqual([]);
  expect(offered("meta.toString:")).toEqual([]);
  expect(offered("meta.ti", RUN_QUERY)).toEqual([]);
});

test("a URL holds metadata as a query writes it, and a view links to it", () => {
  const address = viewAddress({ page: "sessions", query: 'metadata.team:"shop floor" meta.ticket:7' });
  const { search } = new URL(address ?? "", "http://x");
  expect(new URLSearchParams(search).get("metadata")).toBe('team:"shop floor" ticket:7');
  const load = createLoader(SESSION_FILTERS);
  expect(load(search).metadata).toBe('team:"shop floor" ticket:7');
  expect(load("?metadata=nothing+said").metadata).toBeNull();
});

test("each metadata name has a chip that removes only itself", () => {
  const filter = { ...SESSION_QUERY.none, project: "shop", metadata: 'team:"shop floor" ticket:7' };
  expect(chipsOf(SESSION_QUERY, filter)).toEqual([
    { field: "project", name: "project", value: "shop", remaining: null },
    { field: "metadata", name: "metadata.team", value: "shop floor", remaining: "ticket:7" },
    { field: "metadata", name: "metadata.ticket", value: "7", remaining: 'team:"shop floor"' },
  ]);
  const [one] = chipsOf(SESSION_QUERY, { ...SESSION_QUERY.none, metadata: "ticket:7" });
  expect(one).toMatchObject({ remaining: null });
  expect(conditionWords(SESSION_QUERY, filter)).toContain("metadata.ticket 7");
});
