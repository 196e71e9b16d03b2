import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { patchLists } from "@/components/live/patch";
import type { Api } from "@/components/trpc/lists";
import type { SessionSummary } from "@/contract/session";
import { showMarked } from "./session-marks";

const ALL = [["sessions", "list"], { input: { state: "all" } }];
const OF_TEAM = [["sessions", "list"], { input: { projectId: "team" } }];
const trpc = { sessions: { list: { pathKey: () => [["sessions", "list"]] } } } as unknown as Api;
const session = (sessionId: string, unread: boolean, version = 3) => ({ sessionId, unread, version });

test("those that were marked are shown so in every list, no others, and as before once that is taken back", async () => {
  const client = new QueryClient();
  const team = [session("ses_a", true), session("ses_b", false)];
  client.setQueryData(OF_TEAM, { items: team, cursor: null });
  client.setQueryData(ALL, { items: [...team, session("ses_c", true)], cursor: null });
  const unreadIn = (key: unknown[]) =>
    (client.getQueryData<{ items: SessionSummary[] }>(key)?.items ?? []).flatMap(({ sessionId, unread }) =>
      unread ? [sessionId] : [],
    );

  const takeBack = showMarked({ trpc, client }, ["ses_a", "ses_b"], false);
  expect(unreadIn(OF_TEAM)).toEqual([]);
  expect(unreadIn(ALL), "one that does not match was not meant").toEqual(["ses_c"]);

  takeBack();
  expect(unreadIn(OF_TEAM)).toEqual(["ses_a"]);
  expect(unreadIn(ALL)).toEqual(["ses_a", "ses_c"]);

  showMarked({ trpc, client }, ["ses_a"], false);
  patchLists<SessionSummary>(client, [["sessions", "list"]], (item) =>
    item.sessionId === "ses_a" ? { ...item, version: 4, unread: true } : item,
  );
  expect(unreadIn(ALL), "what was said since is unread").toEqual(["ses_a", "ses_c"]);
});

test("a list that was asked for before the mark does not take it back", async () => {
  const client = new QueryClient();
  client.setQueryData(ALL, { items: [session("ses_a", true)], cursor: null });
  let answer: (page: unknown) => void = () => undefined;
  const fetched = client.fetchQuery({ queryKey: ALL, queryFn: () => new Promise((resolve) => (answer = resolve)) });
  showMarked({ trpc, client }, ["ses_a"], false);
  answer({ items: [session("ses_a", true)], cursor: null });
  await fetched;
  expect(client.getQueryData(ALL)).toMatchObject({ items: [{ unread: false }] });
});
