import type { SessionRow } from "@/db/schema";
import { ConflictError } from "@/server/errors";

/** A session belongs to one tenant, project and backend profile for ever. Throws when the work is for another. */
export function assertSameBoundary(
  session: SessionRow,
  work: { tenantId: string; projectId: string; backendProfile: string },
): void {
  const differing = (["tenantId", "projectId", "backendProfile"] as const).filter(
    (field) => session[field] !== work[field],
  );
  if (differing.length === 0) return;
  throw new ConflictError(
    "session-boundary",
    `session ${session.sessionId} belongs to another ${differing.join(" and ")}: use that, or another session`,
    { differing },
  );
}
