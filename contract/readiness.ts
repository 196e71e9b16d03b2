import { withDeadline } from "./deadline";

/**
 * Whether a server reports at `/readyz` that it is ready. Throws DeadlineError, and what fetch throws when the
 * connection fails.
 */
export async function isReady(url: string, deadlineMs: number, outer?: AbortSignal): Promise<boolean> {
  const look = async (signal: AbortSignal) => {
    const answer = await fetch(`${url}/readyz`, { signal });
    await answer.body?.cancel();
    return answer.status === 200;
  };
  return withDeadline("web", deadlineMs, look, outer);
}
