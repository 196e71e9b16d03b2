import { type DehydratedState, dehydrate, hydrate, QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { getLatePatches } from "./late-patches";

type Row = { id: string; version: number };
const KEY = ["rows"];

/** A list that is being fetched, answered by `answer`. */
function fetching(client: QueryClient) {
  let answer: (rows: Row[]) => void = () => undefined;
  const fetched = client.fetchQuery({
    queryKey: KEY,
    queryFn: () => new Promise<Row[]>((resolve) => (answer = resolve)),
    staleTime: 0,
  });
  return { fetched, answer: (rows: Row[]) => answer(rows) };
}

function patchIn(client: QueryClient, row: Row): () => void {
  return () =>
    client.setQueryData<Row[]>(KEY, (rows) =>
      rows?.map((cached) => (cached.id === row.id && cached.version < row.version ? row : cached)),
    );
}

/** What a page brings with it, read by the server at a time. */
const fromPage = (rows: Row[], updatedAt: number): DehydratedState => {
  const server = new QueryClient();
  server.setQueryData(KEY, rows, { updatedAt });
  return dehydrate(server);
};

const rowsOf = (client: QueryClient) => client.getQueryData<Row[]>(KEY);

test("a change during a list's fetch is not reverted by its older data", async () => {
  const client = new QueryClient();
  const patches = getLatePatches(client);
  client.setQueryData<Row[]>(KEY, [{ id: "a", version: 1 }]);

  const first = fetching(client);
  patches.apply("a", patchIn(client, { id: "a", version: 2 }));
  patches.apply("b", patchIn(client, { id: "b", version: 5 }));
  expect(rowsOf(client)).toEqual([{ id: "a", version: 2 }]);
  first.answer([
    { id: "a", version: 1 },
    { id: "b", version: 4 },
    { id: "c", version: 1 },
  ]);
  await first.fetched;
  expect(rowsOf(client)).toEqual([
    { id: "a", version: 2 },
    { id: "b", version: 5 },
    { id: "c", version: 1 },
  ]);
});

test("data fetched after a change wins, and of several changes the newest counts", async () => {
  const client = new QueryClient();
  const patches = getLatePatches(client);
  client.setQueryData<Row[]>(KEY, [{ id: "a", version: 1 }]);
  const made: number[] = [];
  const note = (version: number) => () => void made.push(version);

  const first = fetching(client);
  for (const version of [2, 3]) patches.apply("a", note(version));
  first.answer([{ id: "a", version: 4 }]);
  await first.fetched;
  expect(made, "each at once, and the newer one again").toEqual([2, 3, 3]);

  patches.apply("a", note(5));
  const second = fetching(client);
  second.answer([{ id: "a", version: 9 }]);
  await second.fetched;
  expect(made, "nothing was under way").toEqual([2, 3, 3, 5]);
});

test("a change since a page was read is made again over what the page brings, and none from before it", () => {
  const nowMs = Date.now();
  for (const isCached of [false, true]) {
    const client = new QueryClient();
    if (isCached) client.setQueryData<Row[]>(KEY, [{ id: "a", version: 1 }], { updatedAt: nowMs - 90_000 });
    getLatePatches(client).apply("a", patchIn(client, { id: "a", version: 3 }));

    hydrate(client, fromPage([{ id: "a", version: 2 }], nowMs));
    expect(rowsOf(client), `cached: ${isCached}`).toEqual([{ id: "a", version: 3 }]);

    const made: unknown[] = [];
    getLatePatches(client).apply("a", () => made.push("made"));
    hydrate(client, fromPage([{ id: "a", version: 3 }], nowMs + 60_000));
    expect(made, "at once alone").toHaveLength(1);
  }
});
