import { expect, test } from "vitest";
import type { SessionFrame } from "@/components/live/frames";
import { setServerTime, toServerTime } from "@/components/ui/time/clock";
import type { Session } from "@/contract/session";
import type { StorageFilter } from "./filter";
import { noteUnlisted } from "./unlisted";

const NONE: StorageFilter = {
  state: null,
  kind: null,
  tenant: null,
  project: null,
  search: "",
  pinned: null,
  expired: null,
  sort: "updatedAt",
  ...{ expires: null, attached: null, healthy: null, archive: null, larger: null },
};
const SINCE_MS = Date.parse("2026-11-22T10:00:00Z");
const NO_SESSIONS: ReadonlySet<string> = new Set();
const UNLISTED: ReadonlySet<string> = new Set(["ses_1"]);

const frame = (more: Partial<Session> = {}): SessionFrame => ({
  sessionId: "ses_1",
  version: 1,
  kind: "changed",
  session: {
    sessionId: "ses_1",
    tenantId: "acme",
    projectId: "shop",
    title: "Mend 100 % of it",
    createdAt: "2026-11-22T10:00:01Z",
    expiresAt: null,
    storageKind: "pvc",
    storageState: "live",
    storagePvcName: "agentrun-0a1b",
    ...more,
  } as Session,
});
const note = (told: SessionFrame, filter: Partial<StorageFilter> = {}, unlistedIds = NO_SESSIONS) =>
  noteUnlisted(unlistedIds, told, { filter: { ...NONE, ...filter }, sinceMs: SINCE_MS, nowMs: SINCE_MS + 60_000 });

test("a session created since is new, and one on another page is not", () => {
  expect([...note(frame())]).toEqual(["ses_1"]);
  expect(note(frame({ createdAt: "2026-11-22T09:59:59Z" }))).toBe(NO_SESSIONS);
  expect(note(frame(), {}, UNLISTED)).toBe(UNLISTED);
});

test("only sessions that match the filter are new", () => {
  const shown: Partial<StorageFilter>[] = [
    { state: "live" },
    { kind: "pvc" },
    { tenant: "acme", project: "shop" },
    { search: "MEND 100 %" },
    { search: "0A1b" },
    { search: "ses_1" },
    { pinned: false },
    { expired: false },
    { sort: "sizeBytes" },
  ];
  for (const filter of shown) expect([...note(frame(), filter)], JSON.stringify(filter)).toEqual(["ses_1"]);
  const hidden: Partial<StorageFilter>[] = [
    { state: "creating" },
    { kind: "none" },
    { tenant: "zeta", project: "shop" },
    { project: "docs" },
    { search: "mend_100" },
    { pinned: true },
    { expired: true },
  ];
  for (const filter of hidden) expect(note(frame(), filter), JSON.stringify(filter)).toBe(NO_SESSIONS);
  expect([...note(frame({ expiresAt: "2026-11-22T10:00:59Z" }), { expired: true })]).toEqual(["ses_1"]);
});

test("sessions without a volume are new only to a filter that includes them", () => {
  const none = frame({ storageKind: "none", storageState: "none", storagePvcName: null });
  expect(note(none)).toBe(NO_SESSIONS);
  expect([...note(none, { kind: "none" })]).toEqual(["ses_1"]);
  expect([...note(none, { state: "none" })]).toEqual(["ses_1"]);
});

test("a deleted or no longer matching session is not new", () => {
  expect([...note({ sessionId: "ses_1", version: 2, kind: "deleted" }, {}, UNLISTED)]).toEqual([]);
  expect([...note(frame({ storageState: "live" }), { state: "creating" }, UNLISTED)]).toEqual([]);
});

test("compares instants by the server's clock", () => {
  const behindMs = 10 * 60_000;
  setServerTime(new Date(Date.now() - behindMs).toISOString());
  try {
    const nowMs = Date.now();
    expect(Math.abs(toServerTime(nowMs) - (nowMs - behindMs))).toBeLessThan(1_000);
  } finally {
    setServerTime(new Date().toISOString());
  }
});
