import type { ModelAnswer, ModelRequest } from "./answer-model";
import { type Provider, sendToProvider } from "./send";
import { unavailable } from "./unavailable";
import { UsageReader, usageOf } from "./usage";

/** Passes a request on to its provider with the key added, and the answer back as it comes. */
export async function askProvider(provider: Provider, request: ModelRequest): Promise<ModelAnswer> {
  const response = await sendToProvider(provider, "responses", request);
  const type = response.headers.get("content-type") ?? "application/json";
  const { body } = response;
  if (!body) throw unavailable(`the provider of profile ${provider.profile} sent an empty answer`);
  return {
    status: response.status,
    headers: { "content-type": type },
    body: passOn(provider, body, type.startsWith("text/event-stream")),
  };
}

async function* passOn(
  provider: Provider,
  body: AsyncIterable<Uint8Array>,
  isStream: boolean,
): AsyncGenerator<Uint8Array> {
  const reader = new UsageReader();
  const whole: Uint8Array[] = [];
  for await (const chunk of body) {
    if (isStream) reader.read(chunk);
    else whole.push(chunk);
    yield chunk;
  }
  const usage = isStream ? reader.usage : usageOf(parse(Buffer.concat(whole).toString("utf8")));
  if (usage) provider.onUsage(usage);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
