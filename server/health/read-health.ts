import type pg from "pg";
import type { Health } from "@/contract/health";
import { isDatabaseDown } from "@/db/errors";
import { appliedMigrationIds } from "@/db/migrate";

export type HealthSource = {
  pool: pg.Pool;
  /** The migrations that this program needs; later ones may exist too, during a rollout. */
  migrationIds: string[];
  /** False while the server starts and stops: requests should go elsewhere. */
  isServing: () => boolean;
  /** Whether this process hears other processes' notifications. */
  isListening: () => boolean;
};

/** Returns the health record. Never throws: with the database down, the record says so. */
export async function readHealth(source: HealthSource): Promise<Health> {
  const base = { adapter: "postgresql", credentialValuesPrinted: false } as const;
  try {
    const applied = new Set(await appliedMigrationIds(source.pool));
    const missing = source.migrationIds.filter((id) => !applied.has(id));
    const migrationId = [...applied].sort().at(-1) ?? null;
    if (missing.length > 0) {
      const message = `migrations are not applied: ${missing.join(", ")}`;
      return {
        ...base,
        ready: false,
        reachable: true,
        migrationReady: false,
        migrationId,
        failureKind: "infra-failed",
        message,
      };
    }
    const ready = source.isServing();
    const stopping = ready
      ? { failureKind: null, message: null }
      : { failureKind: "infra-failed", message: "this server is starting or stopping" };
    return { ...base, ready, reachable: true, migrationReady: true, migrationId, ...stopping };
  } catch (error) {
    // The driver's message may hold an address or a user, so it is replaced.
    const message = isDatabaseDown(error)
      ? "the database does not answer"
      : "the database refused the health check: see the log";
    return {
      ...base,
      ready: false,
      reachable: false,
      migrationReady: false,
      migrationId: null,
      failureKind: "infra-failed",
      message,
    };
  }
}
