import { QueryClient, type QueryFunctionContext } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { paged } from "./paged";

test("pages follow each other's cursor, and are requested by their own input", async () => {
  const requests: unknown[] = [];
  const pageAt = (from: { cursor?: string }) => ({
    queryKey: [["runs", "list"], { input: { limit: 2, ...from }, type: "query" }],
    queryFn: async (context: QueryFunctionContext) => {
      requests.push(context.queryKey[1]);
      return from.cursor === undefined ? { items: [1, 2], cursor: "c2" } : { items: [3], cursor: null };
    },
  });
  const data = await new QueryClient().fetchInfiniteQuery({ ...paged<number>(pageAt), pages: 3 });
  expect(data.pages.flatMap((page) => page.items)).toEqual([1, 2, 3]);
  expect(requests).toEqual([
    { input: { limit: 2 }, type: "query" },
    { input: { limit: 2, cursor: "c2" }, type: "query" },
  ]);
});
