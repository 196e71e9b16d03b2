import { isReady } from "@/contract/readiness";

const POLL_MS = 50;
const REQUEST_DEADLINE_MS = 2_000;

/** Polls `/readyz` until it answers 200 (true) or the signal aborts (false). */
export async function waitUntilServing(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await isReady(url, REQUEST_DEADLINE_MS, signal).catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}
