import { expect, test } from "vitest";
import { SearchEventsInput } from "@/contract/event";
import { filterOf, isNarrowed, searchInputOf, type TraceFilter } from "./trace-filter";

const NONE: TraceFilter = { hidden: [], find: "", fromMs: null, toMs: null };
const startMs = Date.parse("2026-11-22T10:00:00.000Z");

test("sends the same filter to the server that applies to loaded events, and nothing by default", () => {
  expect([isNarrowed(NONE), searchInputOf(NONE)]).toEqual([false, {}]);
  const filter = { hidden: ["warning", "error"], find: "pear", fromMs: startMs + 0.4, toMs: startMs + 1_999.6 };
  expect(isNarrowed(filter)).toBe(true);
  expect(SearchEventsInput.parse({ runId: "r", ...searchInputOf(filter) })).toMatchObject({
    ...{ text: "pear", withoutTypes: ["warning", "error"], since: "2026-11-22T10:00:00.000Z" },
    until: "2026-11-22T10:00:02.000999Z",
  });
  const event = (type: string, text: string, second: number) => ({
    ...{ id: "e", runId: "r", seq: 1, type, payload: { text } },
    createdAt: `2026-11-22T10:00:0${second}.000Z`,
  });
  const shown = [
    event("plan", "a PEAR", 1),
    event("plan", "plum", 1),
    event("error", "a PEAR", 1),
    event("plan", "pear", 5),
  ];
  expect(shown.filter(filterOf(filter))).toEqual([shown[0]]);
});
