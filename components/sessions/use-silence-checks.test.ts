import { expect, test } from "vitest";
import type { SessionSummary } from "@/contract/session";
import { quietIds, withSilence } from "./use-silence-checks";

const AT = Date.parse("2026-01-02T00:00:00Z");
const ago = (ms: number) => new Date(AT - ms).toISOString();
const session = (sessionId: string, more: Partial<SessionSummary> = {}) =>
  ({
    ...{ sessionId, executionState: "running", pendingApprovals: 0, version: 3, silentSince: null },
    ...{ lastActivityAt: ago(700_000), ...more },
  }) as SessionSummary;

test("checks only running sessions that seem quiet for long", () => {
  const rows = [
    ...[session("ses_b"), session("ses_a"), session("ses_busy", { lastActivityAt: ago(5_000) })],
    ...[session("ses_asks", { pendingApprovals: 1 }), session("ses_done", { executionState: "terminal" })],
  ];
  expect(quietIds(rows, AT - 600_000)).toEqual(["ses_a", "ses_b"]);
  expect(quietIds(rows, AT - 800_000)).toEqual([]);
});

test("the server's answer holds until the session changes", () => {
  const silent = session("ses_a", { silentSince: ago(700_000) });
  expect(withSilence([session("ses_a"), session("ses_b")], [silent])).toEqual([silent, session("ses_b")]);
  const spoke = session("ses_a", { lastActivityAt: ago(1_000) });
  expect(withSilence([silent], [spoke])).toEqual([spoke]);
  const later = session("ses_a", { version: 4 });
  expect(withSilence([later], [silent])).toEqual([later]);
});
