import type { Run } from "@/contract/run";

/** The session that a run works in. */
export function sessionIdOf({ sessionRef }: Pick<Run, "sessionRef">): string | null {
  const sessionId = sessionRef?.sessionId;
  return typeof sessionId === "string" ? sessionId : null;
}
