import type { Logger } from "pino";
import type { ProviderLimit } from "@/server/backends";
import { AgentRunError, ForbiddenError, RateLimitedError } from "@/server/errors";
import { redactText } from "@/server/events";
import { type ModelRequest, unavailable } from "./answer-model";
import { limitEnd } from "./limit-end";
import type { TokenUsage } from "./usage";

export type Provider = {
  profile: string;
  baseUrl: string;
  key: string | null;
  log: Logger;
  onUsage: (usage: TokenUsage) => void;
  /** The provider takes nothing until a while from now. */
  onLimited: (limit: ProviderLimit) => void;
  /** The provider has taken a request. */
  onTaken: () => void;
};

/** What of the agent's headers means something to a provider. */
const FORWARDED = ["accept", "openai-beta"] as const;
const ERROR_TEXT_MAX = 2_000;

/**
 * Sends a request to its provider with the key added, and answers what the provider answers once it has taken it. The
 * resource is the part of the address that follows the profile's `baseUrl`.
 *
 * @throws AgentRunError in our words, and without the key, where the provider was not reached or refused.
 */
export async function sendToProvider(
  provider: Provider,
  resource: "responses" | "chat/completions",
  request: Pick<ModelRequest, "body" | "headers" | "signal">,
): Promise<Response> {
  const response = await send(provider, resource, request);
  if (!response.ok) throw await refusalOf(provider, response);
  provider.onTaken();
  return response;
}

async function send(
  provider: Provider,
  resource: string,
  request: Pick<ModelRequest, "body" | "headers" | "signal">,
): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of FORWARDED) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (provider.key !== null) headers.set("authorization", `Bearer ${provider.key}`);
  try {
    return await fetch(`${provider.baseUrl.replace(/\/+$/, "")}/${resource}`, {
      method: "POST",
      headers,
      body: request.body,
      signal: request.signal,
      // A redirect could carry the key somewhere else.
      redirect: "error",
    });
  } catch (error) {
    provider.log.warn({ err: error, profile: provider.profile }, "the provider was not reached");
    throw unavailable(`the provider of profile ${provider.profile} was not reached: see the server's log`);
  }
}

/** The provider's own refusal, in our words and without the key, of which some providers quote a part. */
async function refusalOf(provider: Provider, response: Response): Promise<AgentRunError> {
  const { profile } = provider;
  const text = (await response.text().catch(() => "")).slice(0, ERROR_TEXT_MAX);
  const said = reasonIn(provider, text);
  provider.log.warn({ profile, status: response.status, said }, "the provider refused a request");
  switch (response.status) {
    case 401:
    case 403:
      return new ForbiddenError(
        `the provider of profile ${profile} refused AgentRun's key: set a valid one in web's environment`,
      );
    case 429: {
      const message = `the provider of profile ${profile} is limiting requests: ${said}`;
      const until = limitEnd(response.headers, text);
      if (until) provider.onLimited({ until, message });
      return new RateLimitedError(message, secondsUntil(until));
    }
    case 400:
    case 404:
    case 413:
    case 422:
      return new AgentRunError(
        "backend-failed",
        "invalid-input",
        `the provider of profile ${profile} refused the request: ${said}`,
      );
    default:
      return unavailable(`the provider of profile ${profile} failed with status ${response.status}: ${said}`);
  }
}

/** Whole seconds, at least one; a few where the provider did not say. */
function secondsUntil(until: Date | null): number {
  return until === null ? 5 : Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1_000));
}

function reasonIn(provider: Provider, text: string): string {
  const withoutKey = provider.key ? text.replaceAll(provider.key, "[redacted]") : text;
  return redactText(messageIn(withoutKey)) || "it gave no reason";
}

function messageIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    const message = (body as { error?: { message?: unknown } } | null)?.error?.message;
    return typeof message === "string" ? message : text;
  } catch {
    return text;
  }
}
