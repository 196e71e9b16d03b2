import { z } from "zod";
import { providerWords } from "./provider-words";

/** Codes of a failed response that codex tells apart: all but `server_error` end the turn, that one is tried again. */
export type FailureCode =
  | "context_length_exceeded"
  | "insufficient_quota"
  | "rate_limit_exceeded"
  | "invalid_prompt"
  | "unauthorized"
  | "server_error";
/** A provider's error in the words that codex knows. */
export type Failed = { code: FailureCode; message: string };

const Text = z.string().nullish().catch(null);
const Code = z.union([z.string(), z.number()]).nullish().catch(null);
/** An error as a provider told of it, with what else it says there. */
const Failure = z.looseObject({ message: Text, code: Code, type: Text });
export type Failure = z.infer<typeof Failure>;
/** MiniMax's own way of telling an error, beside status 200. */
export const BaseResp = z.object({ status_code: Code, status_msg: Text }).nullish().catch(null);

const CONTEXT =
  /context_length_exceeded|context[ _-]?(length|window|size)|maximum context|prompt is too long|(input|prompt|request).{0,40}(exceeds?|too (long|large|many)).{0,60}(tokens?|context)|too many tokens/i;
/** Limits of a time count tokens too. */
const LIMIT = /rate[ _-]?limit|per (sec|min|hour|day)|\bwait/i;

/** By the numbers that MiniMax gives, and by HTTP statuses, which others repeat in their errors. */
const CODES: Record<string, FailureCode> = {
  ...{ 400: "invalid_prompt", 401: "unauthorized", 402: "insufficient_quota", 403: "unauthorized" },
  ...{ 404: "invalid_prompt", 422: "invalid_prompt", 429: "rate_limit_exceeded" },
  ...{ 1002: "rate_limit_exceeded", 1004: "unauthorized", 1008: "insufficient_quota", 1039: "rate_limit_exceeded" },
  ...{ 1041: "rate_limit_exceeded", 1026: "invalid_prompt", 1027: "invalid_prompt", 2013: "invalid_prompt" },
  ...{ 2049: "unauthorized", 2056: "insufficient_quota" },
  ...{ invalid_api_key: "unauthorized", authentication_error: "unauthorized", invalid_prompt: "invalid_prompt" },
  ...{ insufficient_quota: "insufficient_quota", insufficient_balance: "insufficient_quota" },
  ...{ usage_limit_reached: "insufficient_quota", usage_not_included: "insufficient_quota" },
  ...{ rate_limit_exceeded: "rate_limit_exceeded", rate_limit_error: "rate_limit_exceeded" },
  ...{ context_length_exceeded: "context_length_exceeded" },
  ...{ invalid_request_error: "invalid_prompt", bad_request_error: "invalid_prompt" },
};

/** The error that an answer or a piece of one tells of, in whatever form; null where it tells of none. */
export function failureIn(answer: { error?: unknown; base_resp?: z.infer<typeof BaseResp> }): Failure | null {
  const { error, base_resp } = answer;
  if (error) {
    const known = Failure.safeParse(error);
    if (known.success) return { ...known.data, message: known.data.message ?? JSON.stringify(error) };
    return { message: typeof error === "string" ? error : JSON.stringify(error) };
  }
  return base_resp?.status_code ? { message: base_resp.status_msg, code: base_resp.status_code } : null;
}

/** A provider's error in the words that codex knows, with the provider's own message but not its key. */
export function failedBy(failure: Failure, key: string | null): Failed {
  const said = failure.message ?? "";
  const message = providerWords(said, key) || "the provider failed and gave no reason";
  const words = [failure.code, failure.type].map((word) => String(word ?? "").toLowerCase());
  const known = words.find((word) => Object.hasOwn(CODES, word));
  const code = (known === undefined ? undefined : CODES[known]) ?? "server_error";
  // Names that say little are read with the words.
  const isVague = code === "server_error" || code === "invalid_prompt";
  return {
    code: isVague && isContextOverflow(`${failure.code ?? ""} ${said}`) ? "context_length_exceeded" : code,
    message,
  };
}

/** Whether a provider says that the conversation is longer than its model takes. */
export function isContextOverflow(message: string): boolean {
  return CONTEXT.test(message) && !LIMIT.test(message);
}

/** Whether a provider says that it takes nothing more for a while. */
export function isLimit(code: FailureCode): boolean {
  return code === "rate_limit_exceeded" || code === "insufficient_quota";
}
