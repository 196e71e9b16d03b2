import type { ServerStatus } from "@/contract/status";

/** Clocks that are nearer than this do no harm: what is dated by two of them seldom comes closer. */
const SKEW_MAX_MS = 1_000;

type Skew = { isBad: boolean; text: string };

/** How far apart the clocks of browser, server and database are. `heardMs`: this browser's clock when the answer came. */
export function explainClocks(clock: ServerStatus["clock"], heardMs: number, tookMs: number): Skew {
  const { serverAt, databaseAheadMs, roundTripMs } = clock;
  const database = beyond(databaseAheadMs, roundTripMs / 2);
  // The answer left the server after the question had come, so at most the whole way ago.
  const browser = beyond(heardMs - Date.parse(serverAt) - tookMs / 2, tookMs / 2);
  const sentences = [
    skewSentence("The database's clock", database),
    skewSentence("This browser's clock", browser),
  ].filter((text) => text !== null);
  if (sentences.length === 0) return { isBad: false, text: "Browser, server and database agree to within a second." };
  const consequence =
    database === 0 ? "Ages and countdowns are by the server's clock." : "Set both by one time server.";
  return { isBad: true, text: `${sentences.join(" ")} ${consequence}` };
}

/** What of a difference is more than how exactly it is known, and than what does no harm. */
function beyond(aheadMs: number, uncertainMs: number): number {
  return Math.abs(aheadMs) - uncertainMs > SKEW_MAX_MS ? aheadMs : 0;
}

function skewSentence(whose: string, aheadMs: number): string | null {
  if (aheadMs === 0) return null;
  const seconds = (Math.abs(aheadMs) / 1_000).toFixed(1);
  return `${whose} is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the server's.`;
}
