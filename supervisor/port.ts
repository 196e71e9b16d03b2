import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";

const EPHEMERAL_PORTS_FILE = "/proc/sys/net/ipv4/ip_local_port_range";
const LOOPBACK = "127.0.0.1";
/** Below it, registered services are frequent. */
const FIRST_PORT = 10_000;
/** So few ports below the system's own range are none: two programs would choose the same. */
const ENOUGH_PORTS = 1_000;
const TRIES = 20;

/** A web whose supervisor was killed ends by itself, but a moment later. */
const PATIENCE_MS = 2_000;

/**
 * A TCP port of `host` that is free now, and stays so for a while: it is none of those from which the system gives
 * outgoing connections theirs. Whoever chooses a port only listens on it later, or once more after a restart, and a
 * connection to anywhere may have taken one of those meanwhile.
 */
export async function freePort(host = LOOPBACK): Promise<number> {
  const end = firstEphemeralPort();
  for (let tries = end - FIRST_PORT < ENOUGH_PORTS ? 0 : TRIES; tries > 0; tries -= 1) {
    const port = randomInt(FIRST_PORT, end);
    try {
      return await listenOnce(host, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  return listenOnce(host, 0);
}

function firstEphemeralPort(): number {
  try {
    return Number(readFileSync(EPHEMERAL_PORTS_FILE, "utf8").split(/\s+/)[0]);
  } catch {
    return 0; // A system without that file: its range is not known.
  }
}

/** The port that web will listen on, or an error that says why it cannot have it. 0 asks for any free one. */
export async function claimPort(host: string, port: number): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await (port === 0 ? freePort(host) : listenOnce(host, port));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") {
        throw new Error(`HOST ${host}, PORT ${port}: ${(error as Error).message}`, { cause: error });
      }
      if (Date.now() > deadline) throw new Error(`Port ${port} of ${host} is in use: set PORT to another one.`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function listenOnce(host: string, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host, port, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address === null || typeof address === "string" ? port : address.port;
}

/** The address at which this machine reaches a server that listens on `host`. */
export function localUrl(host: string, port: number): string {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}
