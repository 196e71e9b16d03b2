import { limitEnd } from "@/server/gateway/limit-end";
import type { Provider, ProviderAnswer } from "@/server/gateway/send";
import { type Chunk, failureIn } from "./chunk";
import { type Failed, type FailureCode, failedBy, refusalOf } from "./failure";

const LIMITS: ReadonlySet<FailureCode> = new Set(["rate_limit_exceeded", "insufficient_quota"]);
/** How long a limit is taken to last whose end was not told. */
const LIMIT_MS = 60_000;

/**
 * Judges an answer's chunks in their order: answers how one failed, or null. By the first it tells whether the provider
 * has taken the request, which status 200 alone does not say; and by any, that the provider takes nothing for a while.
 */
export function judgeOf(provider: Provider, { headers, sentAtMs }: ProviderAnswer): (chunk: Chunk) => Failed | null {
  let isFirst = true;
  return (chunk) => {
    const failure = failureIn(chunk);
    const failed = failure && failedBy(failure, provider.key);
    if (!failed && isFirst) provider.onTaken(sentAtMs);
    isFirst = false;
    if (failed && LIMITS.has(failed.code)) {
      const until = limitEnd(headers, JSON.stringify({ error: chunk.error })) ?? new Date(Date.now() + LIMIT_MS);
      provider.onLimited({ until, message: refusalOf(provider.profile, failed).message });
    }
    return failed;
  };
}
