import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { freePort } from "@/supervisor/port";

/** Pinned, like everything that a test needs. */
const MOTO = "moto[server]==5.2.5";
const START_DEADLINE_MS = 30_000;

/** Starts moto's S3 server, installed by pip into a folder of node_modules, on a free port of loopback. */
export async function startS3Server(): Promise<{ url: string; stop(): Promise<void> }> {
  const program = installMoto();
  const port = await freePort();
  const child = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const ended = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  for (const deadline = Date.now() + START_DEADLINE_MS; ; ) {
    const isUp = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error("moto's S3 server did not come up");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function installMoto(): string {
  const folder = path.resolve("node_modules", ".cache", "agentrun-moto");
  const program = path.join(folder, "bin", "moto_server");
  if (existsSync(program)) return program;
  execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(path.join(folder, "bin", "pip"), ["install", "--quiet", MOTO], { stdio: "inherit" });
  return program;
}
