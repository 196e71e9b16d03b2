import { expect, test } from "vitest";
import { askToRepeat, sameRun } from "@/contract/again";
import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import type { TimelineSpan } from "@/contract/timeline";
import { stepsOf } from "./steps";

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
const run = (more: Partial<Run>) =>
  ({ status: "pending", createdAt: at(0), updatedAt: at(50), attemptCount: 0, ...more }) as Run;
const span = (kind: TimelineSpan["kind"], second: number) => ({ kind, startedAt: at(second) }) as TimelineSpan;
const turn = (state: Command["state"], second: number | null) =>
  ({
    type: "turn",
    state,
    acknowledgedAt: second === null ? null : at(second),
    payload: { text: state },
  }) as unknown as Command;
const brief = (...input: Parameters<typeof stepsOf>) =>
  stepsOf(...input).map((step) =>
    [step.name, step.state, step.at, step.note].filter((part) => part !== undefined).join(" "),
  );

test("past steps have times, the current one is marked, and future ones follow", () => {
  expect(brief({ run: run({}), spans: [], commands: [turn("pending", null)] })).toEqual([
    `Queued done ${at(0)}`,
    ...["Launched now ", "Claimed ahead ", "Turn ahead ", "End ahead "],
  ]);
  expect(brief({ run: run({}), spans: [span("launch", 1)], commands: [] }).slice(1, 3)).toEqual([
    `Launched done ${at(1)}`,
    "Claimed now ",
  ]);
  expect(
    brief({
      run: run({ status: "claimed", attemptCount: 2 }),
      spans: [span("launch", 1), span("attempt", 2), span("launch", 5), span("attempt", 6)],
      commands: [turn("completed", 3), turn("acknowledged", 8)],
    }),
  ).toEqual([
    ...[`Queued done ${at(0)}`, `Launched done ${at(5)}`, `Claimed done ${at(6)} attempt 2`],
    ...[`Turn 2 of 2 now ${at(8)}`, "End ahead "],
  ]);
});

test("an ended run shows only the steps that it went through", () => {
  expect(brief({ run: run({ status: "failed" }), spans: [span("attempt", 2)], commands: [turn("failed", 3)] })).toEqual(
    [`Queued done ${at(0)}`, `Claimed done ${at(2)}`, `Turn bad ${at(3)} failed`, `Ended bad ${at(50)} failed`],
  );
  expect(brief({ run: run({ status: "cancelled" }), spans: [], commands: [] })).toEqual([
    `Queued done ${at(0)}`,
    `Ended done ${at(50)} cancelled`,
  ]);
});

test("a copy of a run has the same content and sends its uncompleted turns again", () => {
  const made = sameRun(
    run({
      ...{ tenantId: "t", projectId: "p", providerId: "v", backendProfile: "codex", workspaceRef: { kind: "empty" } },
      ...{ executionPolicy: { sandbox: "read-only" }, resourceBundleRef: null },
      sessionRef: { sessionId: "ses_1", threadId: "a thread that the session knows itself" },
    }),
  );
  expect(made).toEqual({
    ...{ tenantId: "t", projectId: "p", providerId: "v", backendProfile: "codex", workspaceRef: { kind: "empty" } },
    ...{ executionPolicy: { sandbox: "read-only" }, sessionRef: { sessionId: "ses_1" } },
  });
  expect(askToRepeat([turn("completed", 1), turn("failed", 2), turn("completed", 3)])).toEqual({
    text: "failed",
    attachments: [],
  });
  const attachments = [`img_${"0".repeat(32)}`];
  const last = { text: "last", attachments, outputSchema: { type: "object" } };
  expect(askToRepeat([turn("completed", 1), { ...turn("completed", 2), payload: { ...last, more: 1 } }])).toEqual(last);
  const odd = { ...turn("failed", 1), payload: { text: "look", attachments: ["https://example.com/a.png"] } };
  expect(askToRepeat([odd])).toEqual({ text: "look", attachments: [] });
  for (const outputSchema of [null, "words", { type: "array" }, { type: "object", required: "a" }])
    expect(askToRepeat([{ ...turn("failed", 1), payload: { text: "look", outputSchema } }])).not.toHaveProperty(
      "outputSchema",
    );
  expect(askToRepeat([])).toEqual({ text: "", attachments: [] });
});
