import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { post } from "./post";

/** Starts a machine that accepts connections and treats them as the test says. */
async function startMachine(connected: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    connected(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const ask = (url: string, more: { signal?: AbortSignal; connectMs?: number } = {}) =>
  post(new URL(url), {
    ...{ headers: new Headers(), body: "{}", connectMs: 10_000, signal: new AbortController().signal },
    ...more,
  });

test.each([
  ["goes on in another protocol", "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"],
  ["says only that it has begun, and hangs up", "HTTP/1.1 103 Early Hints\r\n\r\n"],
])("a provider that %s has not answered", async (_what, head) => {
  const machine = await startMachine((socket) =>
    socket.once("data", () => socket.write(head, () => head.includes("103") && socket.end())),
  );
  await expect(ask(`http://${machine}`)).rejects.toThrow(/closed without an answer|socket hang up/);
});

test("gives up a host that accepts no connection in time, and waits for one that answers late", async () => {
  // To the caller, a machine that completes no TLS handshake is one that is not there.
  const silent = await startMachine(() => undefined);
  await expect(ask(`https://${silent}`, { connectMs: 50 })).rejects.toThrow("the connection was not made in time");
  const late = await startMachine((socket) =>
    socket.once("data", () => setTimeout(() => socket.write("HTTP/1.1 204 No Content\r\n\r\n"), 200)),
  );
  expect((await ask(`http://${late}`, { connectMs: 50 })).status).toBe(204);
});

test("an abort ends the request at once, also before an answer", async () => {
  const leave = new AbortController();
  const machine = await startMachine(() => leave.abort());
  await expect(ask(`http://${machine}`, { signal: leave.signal })).rejects.toThrow(/abort/i);
});
