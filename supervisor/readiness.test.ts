import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { waitUntilServing } from "./readiness";

/** Starts a web that does not answer the first `silentLooks` polls, and then says that it serves. */
async function startWeb(silentLooks: number) {
  let looks = 0;
  const server = createServer((_, response) => {
    looks += 1;
    if (looks > silentLooks) response.writeHead(200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    looks: () => looks,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("checks a web without an answer again", async () => {
  await using web = await startWeb(1);
  expect(await waitUntilServing(web.url, new AbortController().signal)).toBe(true);
  expect(web.looks()).toBe(2);
});

test("waiting for a web without an answer can be aborted at once", async () => {
  await using web = await startWeb(Number.POSITIVE_INFINITY);
  const controller = new AbortController();
  const waited = waitUntilServing(web.url, controller.signal);
  await expect.poll(web.looks).toBe(1);
  controller.abort();
  expect(await waited).toBe(false);
  expect(web.looks()).toBe(1);
});
