import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { choosePort, freePort } from "./port";

/** The range from which the system gives ports to outgoing connections. */
function ephemeralPorts(): [first: number, last: number] {
  const [first, last] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").trim().split(/\s+/).map(Number);
  return [first ?? 0, last ?? 0];
}

test.each([
  ["a free port", () => freePort()],
  ["the port of a web that was told none", () => choosePort("127.0.0.1", 0)],
])("%s is outside the range of ephemeral ports", async (_, choose) => {
  const [first, last] = ephemeralPorts();
  const ports = await Promise.all(Array.from({ length: 50 }, choose));
  expect(ports.filter((port) => port >= first && port <= last)).toEqual([]);
  expect(new Set(ports).size).toBeGreaterThan(45);
});

test("refuses a port that is in use", async () => {
  const taken = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, "127.0.0.1", resolve));
  await expect(choosePort("127.0.0.1", port)).rejects.toThrow(`Port ${port} of 127.0.0.1 is in use: set PORT`);
  await new Promise((resolve) => taken.close(resolve));
  expect(await choosePort("127.0.0.1", port)).toBe(port);
});
