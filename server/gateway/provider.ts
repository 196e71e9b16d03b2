import type { ModelAnswer, ModelRequest } from "./answer-model";
import { type Provider, sendToProvider } from "./send";
import { unavailable } from "./unavailable";

/** Passes a request on to its provider with the key added, and the answer back as it comes. */
export async function askProvider(provider: Provider, request: ModelRequest): Promise<ModelAnswer> {
  const response = await sendToProvider(provider, "responses", request);
  provider.onTaken(response.sentAtMs);
  const type = response.headers.get("content-type") ?? "application/json";
  const { body } = response;
  if (!body) throw unavailable(`the provider of profile ${provider.profile} sent an empty answer`);
  return { status: response.status, headers: { "content-type": type }, body };
}
