import { createLoader } from "nuqs/server";
import { expect, test } from "vitest";
import type { Session } from "@/contract/session";
import { fits, isAnnounced, SESSION_FILTERS } from "./filter";

const load = createLoader(SESSION_FILTERS);
const AT = Date.parse("2026-01-02T00:00:00Z");
const ago = (ms: number) => new Date(AT - ms).toISOString();
const session = {
  ...{ sessionId: "ses_1", title: "Fix the Build", backendProfile: "codex", projectId: "shop", storageKind: "pvc" },
  ...{ executionState: "terminal", failureKind: "timeout", expiresAt: ago(-7_200_000), updatedAt: ago(7_200_000) },
  ...{ storageEvictedAt: null, pendingApprovals: 0, metadata: { ticket: 7, team: "shop floor", done: true, at: null } },
} as unknown as Session;

test("a changed session counts as new only where the list would show it", () => {
  const fitting = ["", "?state=all", "?state=terminal", "?project=shop&profile=codex", "?storage=pvc", "?search=build"];
  fitting.push("?search=SES_", "?failed=true", "?failure=timeout", "?expires=3", "?within=3", "?older=1");
  fitting.push("?metadata=ticket:7", "?metadata=done:true+team:%22shop+floor%22", "?metadata=at:null", "?metadata=:7");
  const others = ["?state=running", "?state=idle", "?project=other", "?profile=demo", "?storage=none", "?search=tidy"];
  others.push("?failed=false", "?failure=storage-full", "?expires=1", "?within=1", "?until=2026-01-01T00:00:00Z");
  others.push("?metadata=ticket:70", "?metadata=ticket:7+team:shop", "?metadata=toString:x", "?metadata=at:7");
  for (const address of fitting) expect([address, fits(load(address), session, AT)]).toEqual([address, true]);
  for (const address of others) expect([address, fits(load(address), session, AT)]).toEqual([address, false]);
});

test("sessions evicted more than a week ago are not in the default view", () => {
  const evicted = (ms: number) => ({ ...session, storageKind: "evicted" as const, storageEvictedAt: ago(ms) });
  expect(fits(load(""), evicted(6 * 86_400_000), AT)).toBe(true);
  expect(fits(load(""), evicted(8 * 86_400_000), AT)).toBe(false);
  expect(fits(load("?state=all"), evicted(8 * 86_400_000), AT)).toBe(true);
});

test("frames do not decide whether a session is unread", () => {
  for (const address of ["?state=unread", "?state=needs-me", "?unread=true", "?unread=false"])
    expect([address, fits(load(address), session, AT), isAnnounced(load(address))]).toEqual([address, true, false]);
  expect(isAnnounced(load("?state=running&project=shop"))).toBe(true);
});
