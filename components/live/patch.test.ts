import { expect, test } from "vitest";
import type { SessionSummary } from "@/contract/session";
import { patchPages, patchSession } from "./patch";

const session = (version: number, more: Partial<SessionSummary> = {}): SessionSummary =>
  ({ sessionId: "ses_1", version, title: `v${version}`, unread: false, ...more }) as SessionSummary;

test("an older version never overwrites a newer one", () => {
  const cached = session(5);
  expect(patchSession(cached, { sessionId: "ses_1", version: 4, kind: "changed", session: session(4) }, null)).toBe(
    cached,
  );
});

test("a newer version marks the session unread, unless it is the one being read", () => {
  const frame = { sessionId: "ses_1", version: 6, kind: "changed" as const, session: session(6) };
  expect(patchSession(session(5), frame, null)).toMatchObject({ title: "v6", unread: true });
  expect(patchSession(session(5, { unread: true }), frame, "ses_1")).toMatchObject({ unread: false });
});

test("a deleted session leaves the list, and an untouched list keeps its identity", () => {
  const data = { pages: [{ items: [session(5)], cursor: null }], pageParams: [null] };
  const deleted = patchPages(data, (item) =>
    patchSession(item, { sessionId: "ses_1", version: 6, kind: "deleted" }, null),
  );
  expect(deleted?.pages[0]?.items).toEqual([]);
  expect(patchPages(data, (item) => item)).toBe(data);
});
