import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { Folding } from "@/components/conversation/fold";
import type { Why } from "@/components/runs/why";
import { WhyBox } from "@/components/runs/why-box";
import { TraceRow } from "@/components/trace/trace-row";
import type { RunEvent } from "@/contract/event";
import { RESULTS_MARK } from "@/contract/handed-text";
import { ItemView } from "./item-view";
import { UserMessage } from "./user-message";

/** Reads as another name than it is, hides a part, and rings. */
const EVIL = "a\u202egnp.exe\u202c b\u200bc \u2066d\u2069 \u0007e\u009bf";
const TRICKS = /(?![\t\n\r])[\p{Cc}\u200b\u202a-\u202e\u2066-\u2069]/u;
const AT = "2026-11-22T10:00:00.000Z";

const PAYLOADS: [type: string, payload: Record<string, unknown>][] = [
  ["assistant_message", { itemId: "1", text: EVIL }],
  ["reasoning", { itemId: "2", text: EVIL }],
  ["command_execution", { itemId: "3", command: EVIL, cwd: EVIL, status: EVIL, output: EVIL, exitCode: 1 }],
  ["tool_call", { itemId: "4", tool: EVIL, server: EVIL, arguments: { [EVIL]: EVIL }, status: EVIL }],
  ["tool_output", { itemId: "4", tool: EVIL, result: EVIL, isError: true }],
  ["file_change", { itemId: "5", changes: [{ path: EVIL, kind: EVIL, diff: `@@ -1 +1 @@\n-${EVIL}\n+${EVIL}` }] }],
  ["diff", { diff: `--- a/${EVIL}\n+++ b/${EVIL}\n@@ -1 +1 @@\n-${EVIL}\n+${EVIL}` }],
  ["plan", { explanation: EVIL, steps: [{ step: EVIL, status: EVIL }] }],
  ["warning", { message: EVIL, code: EVIL }],
  ["error", { message: EVIL, code: EVIL }],
  ["backend_status", { phase: "cancel-requested", reason: EVIL }],
  ["backend_status", { phase: "lease-expired", runnerId: EVIL }],
  ["terminal_status", { terminalStatus: "failed", failureKind: EVIL, message: EVIL }],
  [EVIL, { [EVIL]: EVIL }],
];

const event = ([type, payload]: (typeof PAYLOADS)[number], index: number): RunEvent => ({
  ...{ id: `evt_${index}`, runId: "run_1", seq: index + 1, type, payload, createdAt: AT },
});

test("reveals hidden characters of agents and senders wherever they are read", () => {
  const folding = new Folding();
  for (const one of PAYLOADS.map(event)) folding.add(one);
  const { items } = folding.conversation;
  expect(new Set(items.map(({ kind }) => kind)).size).toBeGreaterThan(8);
  for (const item of items) {
    const html = renderToStaticMarkup(<ItemView item={item} liveText={null} />);
    expect(TRICKS.exec(html)?.[0], `${item.kind}: ${html.slice(0, 400)}`).toBeUndefined();
  }
  const delivery = { state: "failed", word: "failed", detail: EVIL };
  const images = [{ id: `img_${"0".repeat(32)}`, name: EVIL, width: 1, height: 1, sizeBytes: 1 }];
  const sent = renderToStaticMarkup(<UserMessage text={EVIL} images={images} at={AT} isSteer delivery={delivery} />);
  expect(sent).not.toMatch(TRICKS);
  const taskText = `Go.\n\n${RESULTS_MARK}\n${EVIL}`;
  const handed = renderToStaticMarkup(
    <UserMessage text={taskText} images={[]} at={AT} isSteer={false} delivery={null} />,
  );
  expect(handed).not.toMatch(TRICKS);
  // What others wrote is folded away from what the person did, and the line between them is not shown.
  expect(handed).toMatch(/Go\.<\/p>[\s\S]*<details[\s\S]*gnp\.exe/);
  expect(handed).not.toContain("===");
  expect(sent).toContain("<img");
  const why: Why = { tone: "bad", title: EVIL, rule: EVIL, next: "x", doc: "runs", message: EVIL };
  expect(renderToStaticMarkup(<WhyBox why={why} />)).not.toMatch(TRICKS);
});

test.each(PAYLOADS)("reveals hidden characters in an event's line and JSON: %j", (...stored) => {
  const shown = event(stored, 1);
  const html = renderToStaticMarkup(
    <TraceRow event={shown} startMs={0} isOpen onToggle={() => undefined} onAround={null} />,
  );
  expect(html).not.toMatch(TRICKS);
  expect(html).toContain("\\u{202e}gnp.exe");
});
