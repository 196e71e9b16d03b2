import { createLoader } from "nuqs/server";
import { expect, test } from "vitest";
import type { Run } from "@/contract/run";
import { ListRunsInput } from "@/contract/run";
import { fits, isFiltered, RUN_FILTERS, runsInput } from "./filter";

const load = createLoader(RUN_FILTERS);
const AT = Date.parse("2026-01-02T00:00:00Z");
const run = {
  ...{ id: "run_1", status: "failed", failureKind: "timeout", backendProfile: "codex", taskId: "qt_1" },
  ...{ sessionRef: { sessionId: "ses_1" }, createdAt: new Date(AT - 7_200_000).toISOString() },
} as unknown as Run;

test("a URL holds the filter that the server accepts, without loss", () => {
  const filter = load("?status=failed&failure=timeout&profile=codex&session=ses_1&task=qt_1&search=run_1&within=24");
  expect(ListRunsInput.parse(runsInput(filter))).toMatchObject({
    ...{ status: "failed", failureKind: "timeout", backendProfile: "codex", sessionId: "ses_1", taskId: "qt_1" },
    ...{ search: "run_1", withinHours: 24 },
  });
  expect(isFiltered(load("?search=%20"))).toBe(false);
  expect(isFiltered(load("?until=2026-01-01T00:00:00Z"))).toBe(true);
});

test("counts a new run only where the list would show it", () => {
  const fitting = ["", "?failure=timeout&status=failed", "?search=qt_1", "?search=ses_1", "?within=3", "?task=qt_1"];
  const others = ["?failure=storage-full", "?status=pending", "?search=run_2", "?within=1", "?session=ses_2"];
  const late = ["?until=2026-01-01T00:00:00Z", "?since=2026-01-02T00:00:00Z"];
  for (const address of fitting) expect([address, fits(load(address), run, AT)]).toEqual([address, true]);
  for (const address of [...others, ...late]) expect([address, fits(load(address), run, AT)]).toEqual([address, false]);
});
