import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import path from "node:path";
import * as tls from "node:tls";

export type Gate = { port: number; close(): Promise<void> };
type Target = { host: string; port: number };

/** Passes connections to `address` on to wherever `choose` says at that moment; none, and the caller is cut off. */
export function openGate(address: string, choose: () => Target | undefined): Promise<Gate> {
  const open = new Set<Socket>();
  const server = createServer((caller) => {
    const target = choose();
    if (target) join(open, caller, connect(target));
    else caller.destroy();
  });
  return listen(server, address, open);
}

/**
 * Before the API server, which listens on loopback alone and whose certificate knows no other address: a certificate of
 * its own for the pods, of which `ca` is the authority.
 */
export async function openApiGate(address: string, apiPort: number, folder: string): Promise<Gate & { ca: string }> {
  const [key, certificate] = [path.join(folder, "gate.key"), path.join(folder, "gate.crt")];
  const subject = ["-subj", "/CN=api-gate", "-addext", `subjectAltName=IP:${address}`];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate];
  execFileSync("openssl", [...request, ...subject], { stdio: "pipe" });
  const ca = readFileSync(certificate, "utf8");
  const open = new Set<Socket>();
  const server = tls.createServer({ key: readFileSync(key), cert: ca, ALPNProtocols: ["http/1.1"] }, (caller) => {
    const upstream = { host: "127.0.0.1", port: apiPort, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] };
    join(open, caller, tls.connect(upstream));
  });
  return { ...(await listen(server, address, open)), ca };
}

function join(open: Set<Socket>, caller: Socket, target: Socket): void {
  for (const [socket, other] of [
    [caller, target],
    [target, caller],
  ] as const) {
    open.add(socket);
    socket.on("error", () => other.destroy());
    socket.on("close", () => {
      open.delete(socket);
      other.destroy();
    });
  }
  caller.pipe(target).pipe(caller);
}

async function listen(server: Server, address: string, open: Set<Socket>): Promise<Gate> {
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, address, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
