import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import type { DraftEvent } from "./event-batch";
import { warnIfNetworkReachable } from "./network-probe";

async function warningsOf(address: string): Promise<DraftEvent[]> {
  const events: DraftEvent[] = [];
  await warnIfNetworkReachable(address, (event) => events.push(event));
  return events;
}

test("a pod that reaches what its policy forbids gets a warning; one that is refused gets none", async () => {
  for (const [host, shown] of [
    ["127.0.0.1", "127.0.0.1"],
    ["::1", "[::1]"],
  ] as const) {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const address = `${shown}:${port}`;
    expect(await warningsOf(address)).toEqual([
      { type: "warning", payload: { code: "network-not-cut", message: expect.stringContaining(address) } },
    ]);
    await new Promise((resolve) => server.close(resolve));
    expect(await warningsOf(address)).toEqual([]);
  }
});
