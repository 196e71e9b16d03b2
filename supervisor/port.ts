import { once } from "node:events";
import { createServer } from "node:net";

/** A web whose supervisor was killed ends by itself, but a moment later. */
const PATIENCE_MS = 2_000;

/** The port that web will listen on, or an error that says why it cannot have it. 0 asks for any free one. */
export async function claimPort(host: string, port: number): Promise<number> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await listenOnce(host, port);
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
