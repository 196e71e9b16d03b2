import type { ModelAnswer, ModelRequest } from "./answer-model";
import { type Provider, sendToProvider } from "./send";

/** Passes a request on to its provider with the key added, and the answer back as it comes. */
export async function askProvider(provider: Provider, request: ModelRequest): Promise<ModelAnswer> {
  const response = await sendToProvider(provider, "responses", request);
  provider.onTaken(response.sentAtMs);
  const type = response.headers.get("content-type") ?? "application/json";
  return { status: response.status, headers: { "content-type": type }, body: response.body };
}
