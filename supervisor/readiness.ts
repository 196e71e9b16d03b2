import { withDeadline } from "@/contract/deadline";

const POLL_MS = 50;
const REQUEST_DEADLINE_MS = 2_000;

/** Polls `/readyz` until it answers 200 or the signal aborts; false for the latter. */
export async function waitUntilServing(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const look = async (signal: AbortSignal) => {
      const answer = await fetch(`${url}/readyz`, { signal });
      await answer.body?.cancel();
      return answer.status;
    };
    const status = await withDeadline("a look at web", REQUEST_DEADLINE_MS, look, signal).catch(() => null);
    if (status === 200) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}
