import { expect, test } from "vitest";
import { isFailedEvent } from "./failed-event";

const event = (type: string, payload: Record<string, unknown>) => ({ type, payload });

test("distinguishes failed from successful events of every kind", () => {
  const bad = [
    event("error", { message: "no" }),
    event("command_execution", { status: "completed", exitCode: 2 }),
    event("tool_call", { status: "failed" }),
    event("tool_output", { isError: true }),
    event("backend_status", { phase: "command-terminal", terminalStatus: "failed" }),
    event("backend_status", { phase: "lease-expired" }),
    event("terminal_status", { terminalStatus: "failed" }),
  ];
  expect(bad.filter((one) => !isFailedEvent(one))).toEqual([]);
  const good = [
    event("command_execution", { status: "completed", exitCode: 0 }),
    event("warning", {}),
    event("odd", {}),
  ];
  expect(good.filter(isFailedEvent)).toEqual([]);
});
