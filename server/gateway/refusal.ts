import { providerWords, withoutKey } from "@/server/backends";
import { AgentRunError, ForbiddenError, RateLimitedError } from "@/server/errors";
import { errorIn } from "./error-in";
import { limitEnd } from "./limit-end";
import type { Posted } from "./post";
import type { Provider } from "./send";
import { unavailable } from "./unavailable";

/** How much of a refusing answer is read: its names can be found only if its JSON is complete. */
const READ_CHARS_MAX = 64 * 1024;
/** Error types and codes by which codex decides what to do: short names, never a text. */
const ERROR_NAME = /^[a-z][a-z0-9_.-]{0,63}$/i;

/** Statuses that pass by themselves: a provider that is overloaded, or restarted behind its proxy. */
const TRANSIENT_STATUSES = new Set([408, 429, 500, 502, 503, 504, 529]);
/** OpenAI's names of limits that do not pass soon. */
const PERSISTENT_ERRORS = new Set(["usage_limit_reached", "usage_not_included", "insufficient_quota"]);

export type Refusal = {
  /** The error as one of ours. */
  error: AgentRunError;
  /** Whether asking again soon may help. */
  isTransient: boolean;
  /** When the provider says that it accepts requests again; null: it does not say. */
  until: Date | null;
};

/** Whether an outcome is a refusal rather than an answer. */
export function isRefusal(outcome: object): outcome is Refusal {
  return "isTransient" in outcome;
}

/** Reads a provider's refusal and puts it in our words, without the key, part of which some providers quote. */
export async function readRefusal(provider: Provider, response: Posted): Promise<Refusal> {
  const { status, headers } = response;
  const text = await readStart(response);
  const error = errorIn(text);
  const reason = providerWords(messageIn(error) ?? text, provider.key) || "it gave no reason";
  provider.log.warn({ profile: provider.profile, status, reason }, "provider rejected the request");
  const until = limitEnd(headers, error);
  const names = namesIn(error, provider.key);
  const isTransient =
    TRANSIENT_STATUSES.has(status) && !Object.values(names).some((name) => PERSISTENT_ERRORS.has(name));
  return { error: errorOf(provider.profile, { status, reason, until, names }), isTransient, until };
}

/** Returns the start of an answer, however long the answer is. */
async function readStart({ body }: Posted): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > READ_CHARS_MAX) break;
    }
  } catch {
    // What came before the cut has to do.
  }
  return text;
}

type ProviderRefusal = { status: number; reason: string; until: Date | null; names: Record<string, string> };

function errorOf(profile: string, { status, reason, until, names }: ProviderRefusal): AgentRunError {
  const provider = {
    provider: { status, ...names, ...(until === null ? {} : { resets_at: Math.ceil(until.getTime() / 1_000) }) },
  };
  switch (status) {
    case 401:
    case 403:
      return new ForbiddenError(
        `the provider of profile ${profile} refused AgentRun's key: set a valid one in web's environment or its file`,
      );
    case 402:
    case 429:
      return new RateLimitedError(
        `the provider of profile ${profile} is limiting requests: ${reason}`,
        secondsUntil(until),
        provider,
      );
    case 400:
    case 404:
    case 413:
    case 422:
      return new AgentRunError(
        "backend-failed",
        "invalid-input",
        `the provider of profile ${profile} refused the request: ${reason}`,
        { details: provider },
      );
    default:
      return unavailable(`the provider of profile ${profile} failed with status ${status}: ${reason}`, provider);
  }
}

/** Returns whole seconds, at least one; five where the provider did not say. */
export function secondsUntil(until: Date | null): number {
  return until === null ? 5 : Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1_000));
}

type ProviderError = ReturnType<typeof errorIn>;

function messageIn(error: ProviderError): string | null {
  if (typeof error === "string") return error;
  return typeof error?.message === "string" ? error.message : null;
}

/**
 * Returns the provider's own names of the error, by which codex distinguishes a full context or a usage limit from the
 * rest.
 */
function namesIn(error: ProviderError, key: string | null): Record<string, string> {
  if (typeof error !== "object") return {};
  const names = (["type", "code"] as const).map((key) => [key, error[key]] as const);
  return Object.fromEntries(names.filter((name): name is ["type" | "code", string] => isErrorName(name[1], key)));
}

function isErrorName(value: unknown, key: string | null): value is string {
  return typeof value === "string" && ERROR_NAME.test(value) && withoutKey(value, key) === value;
}
