import { NuqsTestingAdapter } from "nuqs/adapters/testing";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { groupRows } from "@/components/arrange/groups";
import type { ShownGroups } from "@/components/arrange/use-groups";
import { SESSION_COLUMNS } from "@/contract/query/sessions";
import type { SessionSummary } from "@/contract/session";
import { SESSION_GROUPINGS } from "./groups";
import { SessionsTable } from "./sessions-table";

const AT = "2026-01-02T03:04:05Z";
const session = (sessionId: string, more: Partial<SessionSummary> = {}): SessionSummary => ({
  ...{ sessionId, tenantId: "t1", projectId: "shop", backendProfile: "codex", title: `Title of ${sessionId}` },
  ...{ conversationId: null, threadId: null, metadata: {}, createdAt: AT, updatedAt: AT, expiresAt: null, version: 7 },
  ...{ executionState: "idle", lastRunId: null, lastCommandId: null, activeRunId: null, activeCommandId: null },
  ...{
    lastEventSeq: 0,
    terminalStatus: null,
    failureKind: null,
    summary: {},
    lastActivityAt: AT,
    unread: false,
    silentSince: null,
  },
  ...{
    storageKind: "none",
    storageState: "none",
    storagePvcName: null,
    storageNamespace: null,
    storageSizeBytes: null,
  },
  ...{ storageFilesCount: null, storageSha256: null, storageUpdatedAt: null, codexRolloutSubdir: "sessions" },
  ...{ storagePvcPhase: null, storageEvictedAt: null, pendingApprovals: 0 },
  ...more,
});
const headsOf = (html: string) => [...html.matchAll(/<th [^>]*>(?:<span [^>]*>)?([^<]*)</g)].map(([, name]) => name);
const closedBut = (open: string[], groups: ShownGroups<SessionSummary>["groups"]): ShownGroups<SessionSummary> => ({
  ...{ groups, isClosed: (key) => !open.includes(key), onToggle: () => undefined },
});

test("shows default columns, or chosen ones in the list's order", () => {
  const rows = [session("ses_1")];
  expect(headsOf(renderToStaticMarkup(<SessionsTable sessions={rows} />))).toEqual([
    ...["State", "Session", "Profile", "Project", "Approvals", "Storage", "Last activity", "Actions"],
  ]);
  expect(headsOf(renderToStaticMarkup(<SessionsTable sessions={rows} columns="version,expires,thread" />))).toEqual([
    ...["State", "Session", "Thread", "Version", "Expires", "Actions"],
  ]);
  expect(headsOf(renderToStaticMarkup(<SessionsTable sessions={rows} columns="none" />))).toEqual([
    ...["State", "Session", "Actions"],
  ]);
});

test("every column renders any session, also an empty one", () => {
  const full = session("ses_full", {
    ...{ threadId: "thread-1", conversationId: "talk-1", lastRunId: "run_1", failureKind: "timeout", lastEventSeq: 41 },
    ...{ metadata: { ticket: 7, team: "shop", "\u202eevil": "x" }, storageSizeBytes: 2_048, storageFilesCount: 3 },
    ...{ storagePvcName: "pvc-1", expiresAt: AT },
  });
  const columns = SESSION_COLUMNS.map(({ id }) => id).join(",");
  const html = renderToStaticMarkup(
    <NuqsTestingAdapter>
      <SessionsTable sessions={[full, session("ses_new")]} columns={columns} />
    </NuqsTestingAdapter>,
  );
  for (const { name } of SESSION_COLUMNS) expect(headsOf(html)).toContain(name);
  for (const expected of [
    "thread-1",
    "talk-1",
    "run_1",
    "timeout",
    "#41",
    "ticket: 7",
    "team: shop",
    "2.0 KiB",
    "pvc-1",
  ])
    expect(html).toContain(expected);
  expect(html).not.toContain("\u202e");
  expect(html).not.toMatch(/>(null|undefined|NaN|\[object Object\])</);
});

test("a phone's card shows chosen columns as labelled lines, and none by default", () => {
  const linesOf = (columns: string | null) =>
    [
      ...renderToStaticMarkup(<SessionsTable sessions={[session("ses_1")]} columns={columns} />).matchAll(
        /<span aria-hidden="true" class="[^"]*sm:hidden">([^<]+)<\/span>/g,
      ),
    ].map(([, name]) => name);
  expect(linesOf(null)).toEqual([]);
  expect(linesOf("profile,project,version")).toEqual(["Project", "Version"]);
});

test("groups are rowgroups with headings; closed ones have no rows, and a complete list counts them", () => {
  const rows = [session("ses_1"), session("ses_2", { projectId: "docs" }), session("ses_3")];
  const groups = groupRows(rows, SESSION_GROUPINGS.project);
  expect(groups.map(({ name }) => name)).toEqual(["docs", "shop"]);
  const shown = closedBut(["t1 / shop"], groups);
  const html = renderToStaticMarkup(<SessionsTable sessions={rows} groups={shown} />);
  const heads = [...html.matchAll(/<tbody role="rowgroup" aria-labelledby="([^"]+)"/g)].map(([, id]) => id);
  expect(heads).toHaveLength(2);
  for (const id of heads) expect(html).toContain(`id="${id}" data-group-head="true"`);
  expect([...html.matchAll(/data-group-head="true" aria-expanded="(\w+)"/g)].map(([, isOpen]) => isOpen)).toEqual([
    "false",
    "true",
  ]);
  expect([...html.matchAll(/data-row="(\w+)"/g)].map(([, id]) => id)).toEqual(["ses_1", "ses_3"]);
  expect(html).toContain("1 session<");
  expect(html).toContain("2 sessions<");
  const more = renderToStaticMarkup(<SessionsTable sessions={rows} groups={shown} hasMore />);
  expect(more).toContain("2 loaded<");
});

test("grouped by state, needing a person comes first; tenants' projects of one name stay apart", () => {
  const rows = [
    session("ses_done", { executionState: "terminal", terminalStatus: "completed" }),
    session("ses_asks", { pendingApprovals: 1, executionState: "running" }),
    session("ses_other", { tenantId: "t2" }),
    session("ses_silent", { executionState: "running", silentSince: AT }),
    session("ses_failed", { executionState: "terminal", terminalStatus: "failed", failureKind: "timeout" }),
  ];
  expect(groupRows(rows, SESSION_GROUPINGS.state).map(({ name }) => name)).toEqual([
    ...["Needs approval", "Silent", "Failed", "Idle", "Completed"],
  ]);
  expect(groupRows(rows, SESSION_GROUPINGS.project).map(({ name }) => name)).toEqual(["t1 / shop", "t2 / shop"]);
});

test("a row's explanation opens by a press, and is available to screen readers", () => {
  const failed = session("ses_failed", {
    executionState: "terminal",
    terminalStatus: "failed",
    failureKind: "timeout",
  });
  const html = renderToStaticMarkup(<SessionsTable sessions={[failed]} />);
  expect(html).toMatch(
    /<button type="button" aria-description="The last turn failed \(timed out\)[^"]*" aria-expanded="false"/,
  );
  expect(html).not.toMatch(/title="The last turn failed/);
});
