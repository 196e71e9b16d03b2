import { z } from "zod";
import { providerWords } from "./provider-words";

/** Codes of a failed response that codex distinguishes. `server_error` is retried; all others end the turn. */
export type FailureCode =
  | "context_length_exceeded"
  | "insufficient_quota"
  | "rate_limit_exceeded"
  | "invalid_prompt"
  | "unauthorized"
  | "server_error";
/** A provider's error in the terms that codex knows. */
export type Failed = { code: FailureCode; message: string };

const Text = z.string().nullish().catch(null);
const Code = z.union([z.string(), z.number()]).nullish().catch(null);
/** An error as a provider reported it, with all its other fields. */
const Failure = z.looseObject({ message: Text, code: Code, type: Text });
export type Failure = z.infer<typeof Failure>;
/** MiniMax's own form of an error, which comes with status 200. */
export const BaseResp = z.object({ status_code: Code, status_msg: Text }).nullish().catch(null);

const CONTEXT =
  /context_length_exceeded|context[ _-]?(length|window|size)|maximum context|prompt is too long|(input|prompt|request).{0,40}(exceeds?|too (long|large|many)).{0,60}(tokens?|context)|too many tokens/i;
/** Rate limits count tokens too, so a message like this is not about the context. */
const LIMIT = /rate[ _-]?limit|per (sec|min|hour|day)|\bwait/i;

/** MiniMax's error numbers, HTTP statuses (which others repeat in their errors), and names. */
const CODES: Record<string, FailureCode> = {
  400: "invalid_prompt",
  401: "unauthorized",
  402: "insufficient_quota",
  403: "unauthorized",
  404: "invalid_prompt",
  422: "invalid_prompt",
  429: "rate_limit_exceeded",
  1002: "rate_limit_exceeded",
  1004: "unauthorized",
  1008: "insufficient_quota",
  1039: "rate_limit_exceeded",
  1041: "rate_limit_exceeded",
  1026: "invalid_prompt",
  1027: "invalid_prompt",
  2013: "invalid_prompt",
  2049: "unauthorized",
  2056: "insufficient_quota",
  invalid_api_key: "unauthorized",
  authentication_error: "unauthorized",
  invalid_prompt: "invalid_prompt",
  insufficient_quota: "insufficient_quota",
  insufficient_balance: "insufficient_quota",
  usage_limit_reached: "insufficient_quota",
  usage_not_included: "insufficient_quota",
  rate_limit_exceeded: "rate_limit_exceeded",
  rate_limit_error: "rate_limit_exceeded",
  context_length_exceeded: "context_length_exceeded",
  invalid_request_error: "invalid_prompt",
  bad_request_error: "invalid_prompt",
};

/** Returns the error that an answer or a piece of one reports, in any form; null: it reports none. */
export function failureIn(answer: { error?: unknown; base_resp?: z.infer<typeof BaseResp> }): Failure | null {
  const { error, base_resp } = answer;
  if (error) {
    const parsed = Failure.safeParse(error);
    if (parsed.success) return { ...parsed.data, message: parsed.data.message ?? JSON.stringify(error) };
    return { message: typeof error === "string" ? error : JSON.stringify(error) };
  }
  return base_resp?.status_code ? { message: base_resp.status_msg, code: base_resp.status_code } : null;
}

/** Puts a provider's error in the terms that codex knows, with the provider's own message but without its key. */
export function failedBy(failure: Failure, key: string | null): Failed {
  const said = failure.message ?? "";
  const message = providerWords(said, key) || "the provider failed and gave no reason";
  const errorNames = [failure.code, failure.type].map((word) => String(word ?? "").toLowerCase());
  const knownName = errorNames.find((word) => Object.hasOwn(CODES, word));
  const code = (knownName === undefined ? undefined : CODES[knownName]) ?? "server_error";
  // Where the code says little, the message decides too.
  const isVague = code === "server_error" || code === "invalid_prompt";
  return {
    code: isVague && isContextOverflow(`${failure.code ?? ""} ${said}`) ? "context_length_exceeded" : code,
    message,
  };
}

/** Whether a provider says that the conversation is longer than its model accepts. */
export function isContextOverflow(message: string): boolean {
  return CONTEXT.test(message) && !LIMIT.test(message);
}

/** Whether a provider says that it accepts nothing more for a while. */
export function isLimit(code: FailureCode): boolean {
  return code === "rate_limit_exceeded" || code === "insufficient_quota";
}
