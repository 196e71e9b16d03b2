import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import next from "next";
import type { WebMessage } from "@/contract/supervisor";
import { readServerEnv } from "./env";
import { createWebServer, type Pages } from "./http";
import { mintSignInToken } from "./identity";
import { startProbes } from "./loops";
import { prepareDatabase } from "./migrate";
import { fail, isSupervised, onStop } from "./process";
import { createWiring, shareWiring, type Wiring } from "./wiring";

const DRAIN_MS = 2_500;

try {
  await start();
} catch (error) {
  fail(error);
}

/** Listens first: with the database down, the server can say so. */
async function start(): Promise<void> {
  const env = readServerEnv();
  const wiring = shareWiring(createWiring(env, "web"));
  wiring.setServing(false);
  const app = next({ dev: false, dir: process.cwd() });
  const prepared = app.prepare();
  const handle = app.getRequestHandler();
  const pages: Pages = async (req, res) => {
    await prepared;
    await handle(req, res);
  };
  const server = createWebServer(wiring, pages);
  const stopping = new AbortController();
  let probes: { stop(): Promise<void> } | null = null;
  onStop(wiring.log, async () => {
    stopping.abort();
    await probes?.stop();
    await stop({ wiring, server });
  });

  await listen(server, env.PORT, env.HOST);
  const { port } = server.address() as AddressInfo;
  wiring.listensOn(port);
  wiring.live.start();
  await Promise.all([prepareDatabase(env.DATABASE_URL, wiring.log, stopping.signal), prepared]);
  if (stopping.signal.aborted) return;
  await announce(wiring);
  probes = startProbes(wiring);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
}

/** Logs the console's address, with a link that signs in one browser, once; then requests are accepted. */
async function announce(wiring: Wiring): Promise<void> {
  const { publicUrl } = wiring.settings;
  const ctx = wiring.serviceFor({ kind: "system", name: "web", tenantId: null }, "start");
  const token = await mintSignInToken(ctx, { name: "admin" });
  const message: WebMessage = { type: "web.ready", url: publicUrl, signInUrl: `${publicUrl}/sign-in?token=${token}` };
  if (isSupervised()) await new Promise((resolve) => process.send?.(message, resolve));
  else process.stdout.write(`AgentRun is at ${message.url}\nSign in, once, by this link: ${message.signInUrl}\n`);
  wiring.setServing(true);
  wiring.log.info({ url: publicUrl }, "serving");
}

async function stop({ wiring, server }: { wiring: Wiring; server: Server }): Promise<void> {
  wiring.setServing(false);
  wiring.live.stopStreams();
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(cut);
  await wiring.close();
}
