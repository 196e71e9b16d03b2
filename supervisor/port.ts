import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const EPHEMERAL_PORTS_FILE = "/proc/sys/net/ipv4/ip_local_port_range";
const LOOPBACK = "127.0.0.1";
/** Registered services are frequent below this port. */
const FIRST_PORT = 10_000;
/** If fewer ports than this lie below the system's own range, it is not used: two programs would choose the same. */
const PORTS_MIN = 1_000;
const TRIES = 20;

/** A web process whose supervisor was killed ends by itself, but a moment later. */
const PORT_WAIT_MS = 2_000;

/**
 * Returns a TCP port of `host` that is free and is likely to stay free, because it lies outside the range of outgoing
 * connections. The caller listens on it only later, or again after a restart, and an outgoing connection could by then
 * have taken a port of that range.
 */
export async function freePort(host = LOOPBACK): Promise<number> {
  const end = firstEphemeralPort();
  for (let tries = end - FIRST_PORT < PORTS_MIN ? 0 : TRIES; tries > 0; tries -= 1) {
    const port = randomInt(FIRST_PORT, end);
    try {
      return await probePort(host, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  return probePort(host, 0);
}

function firstEphemeralPort(): number {
  try {
    return Number(readFileSync(EPHEMERAL_PORTS_FILE, "utf8").split(/\s+/)[0]);
  } catch {
    return 0; // The range is unknown on a system without that file.
  }
}

/** Returns the port that web will listen on, or throws an error that says why it cannot. 0 asks for any free port. */
export async function choosePort(host: string, port: number): Promise<number> {
  const deadline = Date.now() + PORT_WAIT_MS;
  for (;;) {
    try {
      return await (port === 0 ? freePort(host) : probePort(host, port));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") {
        throw new Error(`HOST ${host}, PORT ${port}: ${(error as Error).message}`, { cause: error });
      }
      if (Date.now() > deadline) throw new Error(`Port ${port} of ${host} is in use: set PORT to another one.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function probePort(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address === null || typeof address === "string" ? port : address.port;
}

/** Returns the address at which this machine reaches a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
