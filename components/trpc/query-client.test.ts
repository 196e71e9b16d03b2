import { MutationObserver, onlineManager, QueryObserver } from "@tanstack/react-query";
import { afterEach, expect, test } from "vitest";
import { makeQueryClient } from "./query-client";

afterEach(() => onlineManager.setOnline(true));

test("a browser that calls itself offline asks all the same: the server may be on this machine", async () => {
  const client = makeQueryClient();
  onlineManager.setOnline(false);
  expect(await client.fetchQuery({ queryKey: ["a"], queryFn: async () => "answer" })).toBe("answer");
});

test("what is pressed while there is no network is tried at once, not when it is back and forgotten", async () => {
  const client = makeQueryClient();
  client.mount();
  onlineManager.setOnline(false);
  let tries = 0;
  const mutation = new MutationObserver(client, {
    mutationFn: async () => {
      tries += 1;
      throw new Error("no network");
    },
  });
  await expect(mutation.mutate()).rejects.toThrow("no network");
  onlineManager.setOnline(true);
  await client.resumePausedMutations();
  expect(tries).toBe(1);
  client.unmount();
});

test("what is shown is asked for again once the network is back", async () => {
  const client = makeQueryClient();
  client.mount();
  let asked = 0;
  const observer = new QueryObserver(client, { queryKey: ["a"], queryFn: async () => ++asked, staleTime: 0 });
  const stop = observer.subscribe(() => undefined);
  await expect.poll(() => observer.getCurrentResult().data).toBe(1);
  onlineManager.setOnline(false);
  onlineManager.setOnline(true);
  await expect.poll(() => observer.getCurrentResult().data).toBe(2);
  stop();
  client.unmount();
});
