import { failedBy, failureIn, isLimit } from "@/server/backends";
import { limitEnd, limitOf } from "@/server/gateway/limit-end";
import type { Refusal } from "@/server/gateway/refusal";
import type { Provider, ProviderAnswer } from "@/server/gateway/send";
import type { Chunk } from "./chunk";
import { refusalOf } from "./failure";

/** Errors that pass by themselves, such as those of an overloaded provider. */
const TRANSIENT_CODES = new Set(["rate_limit_exceeded", "server_error"]);

/** Returns the refusal that a chunk reports, with codex's name for it; null: it reports none. */
export function refusalIn(
  { profile, key }: Provider,
  { headers }: ProviderAnswer,
  chunk: Chunk,
): (Refusal & { code: string }) | null {
  const failure = failureIn(chunk);
  if (!failure) return null;
  const failed = failedBy(failure, key);
  const until = isLimit(failed.code) ? limitEnd(headers, chunk.error) : null;
  return {
    code: failed.code,
    error: refusalOf(profile, failed, until),
    isTransient: TRANSIENT_CODES.has(failed.code),
    until,
  };
}

/**
 * Judges the chunks of a stream in order. The first one shows whether the provider has accepted the request, which
 * status 200 alone does not; any may show that the provider is limiting requests.
 */
export function observerOf(provider: Provider, answer: ProviderAnswer): (chunk: Chunk) => void {
  let isFirst = true;
  return (chunk) => {
    const refusal = refusalIn(provider, answer, chunk);
    if (!refusal && isFirst) provider.onAccepted(answer.sentAtMs);
    isFirst = false;
    if (refusal?.error.failureKind !== "rate-limited") return;
    const { until, error, isTransient } = refusal;
    provider.onLimited(limitOf({ until, message: error.message, isPersistent: !isTransient }));
  };
}
