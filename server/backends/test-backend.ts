import { type BackendProbe, DEMO_PROFILE, type GetBackendInput } from "@/contract/backend";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { configOf } from "./config-of";
import type { Probed } from "./probe";
import { probeWithKey } from "./probe-with-key";
import { requireProfile } from "./require-profile";
import { probeSeenBy } from "./seen";
import { storeProbe } from "./store-probe";

/** Probes a profile's provider now, and stores the result. */
export async function testBackend(ctx: ServiceContext, { profile }: GetBackendInput): Promise<BackendProbe> {
  await requireProfile(ctx, profile);
  const probed = profile === DEMO_PROFILE ? OWN : await probe(ctx, profile);
  return inTx(ctx, async (ctx) => {
    const stored = await storeProbe(ctx.db, profile, probed);
    await audit(ctx, {
      action: "backends.test",
      targetKind: "backend",
      targetId: profile,
      details: { isOk: probed.isOk, status: probed.status },
    });
    ctx.wake("queue");
    return probeSeenBy(ctx, stored);
  });
}

/** The scripted model runs in web itself. */
const OWN: Probed = { isOk: true, latencyMs: 0, status: null, message: "it is part of this server", models: ["demo"] };

async function probe(ctx: ServiceContext, profile: string): Promise<Probed> {
  const config = configOf(ctx.settings.backends, profile);
  if (!config)
    throw new ConflictError(
      "backend-unconfigured",
      `no model is configured for profile ${profile}: name it in the file of AGENTRUN_BACKENDS`,
    );
  return probeWithKey(profile, config, { readVariable: ctx.settings.readVariable, isByHand: true });
}
