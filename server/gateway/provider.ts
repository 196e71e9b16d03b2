import { failedBy, isLimit } from "@/server/backends";
import type { ModelRequest, WatchedAnswer } from "./answer-model";
import { limitEnd, limitOf } from "./limit-end";
import { type Provider, type ProviderAnswer, sendToProvider } from "./send";
import type { AnswerReader } from "./usage";

/** Passes a request on to its provider with the key added, and the answer back as it arrives. */
export async function askProvider(provider: Provider, request: ModelRequest): Promise<WatchedAnswer> {
  const { body, headers, signal } = request;
  const read = async (answer: ProviderAnswer) => answer;
  const response = await sendToProvider(provider, "responses", { body, headers, signal, read });
  const type = response.headers.get("content-type") ?? "application/json";
  return {
    status: response.status,
    headers: { "content-type": type },
    body: response.body,
    onRead: observerOf(provider, response),
  };
}

/**
 * Reports once that the provider has accepted the request, as soon as the model says something, because status 200
 * alone does not show it; and once that the provider is limiting requests.
 */
function observerOf(provider: Provider, { headers, sentAtMs }: ProviderAnswer): (reader: AnswerReader) => void {
  let isAccepted = false;
  let isReported = false;
  return (reader) => {
    if (!isAccepted && reader.isAnswering) {
      isAccepted = true;
      provider.onAccepted(sentAtMs);
    }
    if (isReported || reader.failure === null) return;
    isReported = true;
    const { code, message } = failedBy(reader.failure, provider.key);
    if (!isLimit(code)) return;
    const until = limitEnd(headers, reader.failure);
    const text = `the provider of profile ${provider.profile} is limiting requests: ${message}`;
    provider.onLimited(limitOf({ until, message: text, isPersistent: code === "insufficient_quota" }));
  };
}
