import { probeBackends } from "@/server/backends";
import { Leadership } from "@/server/live";
import type { Wiring } from "@/server/wiring";
import { startLoop } from "./loop";
import { LoopNotes } from "./notes";

const NAME = "backend-probes";

/** Starts web's own loop, led by one replica: only web has the keys of model providers. */
export function startProbes(wiring: Pick<Wiring, "env" | "live" | "log" | "serviceFor">): { stop(): Promise<void> } {
  const { env, live, log } = wiring;
  const ctx = wiring.serviceFor({ kind: "system", name: NAME, tenantId: null }, NAME);
  const leadership = new Leadership(env.DATABASE_URL, log, () => loop.wake());
  const notes = new LoopNotes(ctx);
  const loop = startLoop(
    { live, log, leadership, notes },
    { name: NAME, intervalMs: env.AGENTRUN_BACKEND_PROBE_INTERVAL_MS, run: () => probeBackends(ctx) },
  );
  leadership.start([NAME]);
  return {
    async stop() {
      await loop.stop();
      await Promise.all([notes.close(), leadership.close()]);
    },
  };
}
