import { and, inArray, sql } from "drizzle-orm";
import { BUILT_IN_PROFILES, DEMO_PROFILE } from "@/contract/backend";
import { backends } from "@/db/schema";
import type { ServerSettings, ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";
import { configOf } from "./config-of";

/** Throws for a backend profile that is neither built in, configured nor stored. */
export async function requireProfile(ctx: ServiceContext, profile: string): Promise<void> {
  if (isConfigured(ctx.settings, profile)) return;
  const stored = await readStoredProfiles(ctx, [profile]);
  if (!stored.has(profile)) throw unknownProfile(profile);
}

/** Whether a profile is built in or configured. */
export function isConfigured(settings: ServerSettings, profile: string): boolean {
  if ((BUILT_IN_PROFILES as readonly string[]).includes(profile)) return true;
  if (profile === DEMO_PROFILE && settings.isDemoOn) return true;
  return configOf(settings.backends, profile) !== undefined;
}

/** Returns those of the given profiles that are stored. */
export async function readStoredProfiles(ctx: ServiceContext, profiles: string[]): Promise<Set<string>> {
  if (profiles.length === 0) return new Set();
  const rows = await ctx.db
    .select({ profile: backends.profile })
    .from(backends)
    // A row that only sets how much a profile may run does not make it known once the configuration has dropped it.
    .where(and(inArray(backends.profile, profiles), sql`${backends.capabilities} <> '{}'`));
  return new Set(rows.map((row) => row.profile));
}

export function unknownProfile(profile: string): InvalidInputError {
  return new InvalidInputError(`backendProfile: there is no backend profile ${profile}`, { profile });
}
