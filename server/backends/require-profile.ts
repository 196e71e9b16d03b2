import { eq } from "drizzle-orm";
import { BUILT_IN_PROFILES, DEMO_PROFILE } from "@/contract/backend";
import { backends } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";

/** Refuses a backend profile that nobody knows: built in, configured, or stored. */
export async function requireProfile(ctx: ServiceContext, profile: string): Promise<void> {
  if ((BUILT_IN_PROFILES as readonly string[]).includes(profile)) return;
  if (profile === DEMO_PROFILE && ctx.settings.isDemoOn) return;
  if (Object.hasOwn(ctx.settings.backends, profile)) return;
  const [stored] = await ctx.db
    .select({ profile: backends.profile })
    .from(backends)
    .where(eq(backends.profile, profile));
  if (!stored) throw new InvalidInputError(`backendProfile: there is no backend profile ${profile}`, { profile });
}
