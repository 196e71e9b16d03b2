import type { ServiceContext } from "@/server/context";
import { probeWithKey } from "./probe-with-key";
import { storeProbe } from "./store-probe";

/** Probes every configured profile's provider at no cost, and stores what was found. */
export async function probeBackends(ctx: ServiceContext): Promise<void> {
  await Promise.all(Object.keys(ctx.settings.backends).map((profile) => probeOne(ctx, profile)));
  ctx.wake("queue");
}

async function probeOne(ctx: ServiceContext, profile: string): Promise<void> {
  const config = ctx.settings.backends[profile];
  if (!config) return;
  const probed = await probeWithKey(profile, config, { readVariable: ctx.settings.readVariable, isByHand: false });
  const { failures } = await storeProbe(ctx.db, profile, probed);
  if (!probed.isOk)
    ctx.log.warn({ profile, failures, status: probed.status }, `a model provider failed: ${probed.message}`);
}
