import { performance } from "node:perf_hooks";
import { z } from "zod";
import type { BackendConfig, BackendProbe } from "@/contract/backend";
import { jsonIn } from "@/server/json-in";
import { providerWords } from "./provider-words";

const PATIENCE_MS = 10_000;
const ANSWER_BYTES_MAX = 1_048_576;
const MODELS_MAX = 500;
const WORDS_MAX = 300;
/** Tokens that a try by hand may cost. */
const TOKENS_MAX = 16;

export type Probed = Omit<BackendProbe, "at" | "failures">;
const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * Tries whether a profile's provider is reached and takes the key: by its list of models, which costs nothing. Of a
 * provider without one only a try by hand asks for a few tokens; else it is enough that something answers.
 */
export async function probeProvider(
  config: BackendConfig,
  { key, isByHand }: { key: string | null; isByHand: boolean },
): Promise<Probed> {
  const listed = await ask(config, key, "models");
  // 403: some keys may ask models and not list them, and some proxies forbid the list.
  if (listed.status === null || !NO_LIST.has(listed.status)) return probedOf(listed, key);
  if (isByHand) return { ...probedOf(await askForWord(config, key), key), models: null };
  return {
    ...{ isOk: true, latencyMs: listed.latencyMs, status: listed.status, models: null },
    message: "it answers, and shows no list of models: whether it takes the key shows with a test or a run",
  };
}

const NO_LIST = new Set([403, 404, 405, 501]);
type Answer = { status: number | null; latencyMs: number | null; text: string };

function askForWord(config: BackendConfig, key: string | null): Promise<Answer> {
  const { model } = config;
  if (config.wire === "chat") {
    const messages = [{ role: "user", content: "Say ok." }];
    return ask(config, key, "chat/completions", { model, messages, max_tokens: TOKENS_MAX });
  }
  return ask(config, key, "responses", { model, input: "Say ok.", max_output_tokens: TOKENS_MAX });
}

async function ask(
  { baseUrl }: BackendConfig,
  key: string | null,
  resource: string,
  body?: Record<string, unknown>,
): Promise<Answer> {
  const startedAt = performance.now();
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/${resource}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        "content-type": "application/json",
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
      // A redirect could carry the key somewhere else.
      redirect: "manual",
    });
    const text = await readStart(response);
    return { status: response.status, latencyMs: Math.round(performance.now() - startedAt), text };
  } catch (error) {
    return { status: null, latencyMs: null, text: reasonOf(error) };
  }
}

async function readStart({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > ANSWER_BYTES_MAX) break;
  }
  return text;
}

/** Why nothing was answered, by the names that Node gives it: nothing of the request stands in them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return `nothing came within ${PATIENCE_MS / 1_000} s`;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : error.name;
}

function probedOf({ status, latencyMs, text }: Answer, key: string | null): Probed {
  const seen = { status, latencyMs, models: null };
  if (status === null) return { ...seen, isOk: false, message: `it was not reached: ${text}` };
  if (status === 401 || status === 403) {
    const why = key === null ? "it wants a key, and none is set" : "it refused the key";
    return { ...seen, isOk: false, message: why };
  }
  if (status >= 200 && status < 300) return { ...seen, isOk: true, message: "it answers", models: modelsIn(text) };
  // It is there and knows who asks: how much it takes is shown by its limits.
  if (status === 429) return { ...seen, isOk: true, message: "it answers, and limits requests at the moment" };
  return { ...seen, isOk: false, message: `it failed with status ${status}${wordsIn(text, key)}` };
}

function modelsIn(text: string): string[] | null {
  const list = ModelList.safeParse(jsonIn(text));
  if (!list.success) return null;
  return list.data.data
    .map(({ id }) => id)
    .sort()
    .slice(0, MODELS_MAX);
}

function wordsIn(text: string, key: string | null): string {
  const { error } = (jsonIn(text) ?? {}) as { error?: { message?: unknown } };
  const said = typeof error?.message === "string" ? error.message : "";
  const clean = providerWords(said, key, WORDS_MAX);
  return clean === "" ? "" : `: ${clean}`;
}
