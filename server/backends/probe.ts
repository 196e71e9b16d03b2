import { performance } from "node:perf_hooks";
import { z } from "zod";
import type { BackendConfig, BackendProbe } from "@/contract/backend";
import { jsonIn } from "@/contract/json-in";
import type { Dialect } from "./dialect";
import { BaseResp, failedBy, failureIn } from "./failure";
import { providerWords } from "./provider-words";

const PATIENCE_MS = 10_000;
const ANSWER_BYTES_MAX = 1_048_576;
const MODELS_MAX = 500;
const WORDS_MAX = 300;
/** The maximum of tokens that a probe by hand may cost. */
const TOKENS_MAX = 16;

const LIMITED = "it answers, and limits requests at the moment";

export type Probed = Omit<BackendProbe, "at" | "failures">;
/** A model's answer on either wire. */
const Word = z.union([z.object({ choices: z.array(z.unknown()).min(1) }), z.object({ output: z.array(z.unknown()) })]);
const Told = z.object({ error: z.unknown().optional(), base_resp: BaseResp });
const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

type Trying = { key: string | null; dialect: Dialect; isByHand: boolean };

/**
 * Probes whether a profile's provider is reached, accepts the key and has the model, by its list of models, which costs
 * nothing. Where the list does not show it, a probe by hand asks for a few tokens; otherwise any answer is enough.
 */
export async function probeProvider(config: BackendConfig, trying: Trying): Promise<Probed> {
  const { key, isByHand } = trying;
  const response = await requestProvider(config, key, "models");
  // 403: some keys may use models but not list them, and some proxies forbid the list.
  const hasNoList = response.status !== null && NO_LIST.has(response.status);
  const probed = probedOf(response, key);
  if (!hasNoList && !probed.isOk) return probed;
  const models = hasNoList ? null : modelsIn(response.text);
  if (models?.includes(config.model)) return { ...probed, models: models.slice(0, MODELS_MAX) };
  const lack = models === null ? "shows no list of models" : `does not list the model ${config.model}`;
  const observed = {
    status: response.status,
    latencyMs: response.latencyMs,
    models: models?.slice(0, MODELS_MAX) ?? null,
  };
  if (probed.message === LIMITED) return probed;
  if (isByHand) return { ...wordOf(await askForWord(config, trying), key, lack), models: observed.models };
  const message = `it answers, and ${lack}: whether it takes work shows with a test or a run`;
  return { ...observed, isOk: true, message };
}

const NO_LIST = new Set([403, 404, 405, 501]);
type Answer = { status: number | null; latencyMs: number | null; text: string };

function askForWord(config: BackendConfig, { key, dialect }: Trying): Promise<Answer> {
  const { model } = config;
  if (config.wire === "chat") {
    const messages = [{ role: "user", content: "Say ok." }];
    return requestProvider(config, key, "chat/completions", { model, messages, [dialect.maxTokensKey]: TOKENS_MAX });
  }
  return requestProvider(config, key, "responses", { model, input: "Say ok.", max_output_tokens: TOKENS_MAX });
}

/** Judges an answer to the request for a word; `lack` is why that request was needed. */
function wordOf(answer: Answer, key: string | null, lack: string): Probed {
  const probed = probedOf(answer, key);
  if (!probed.isOk || probed.message === LIMITED) return probed;
  const parsed = Word.safeParse(jsonIn(answer.text));
  if (parsed.success) return { ...probed, message: `it answers, though it ${lack}` };
  return { ...probed, isOk: false, message: "it answered with what is no answer of a model: look at its baseUrl" };
}

async function requestProvider(
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
      // A redirect could carry the key elsewhere.
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

/** Returns why there was no answer, by Node's names of errors, which hold nothing of the request. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "TimeoutError") return `nothing came within ${PATIENCE_MS / 1_000} s`;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === "string" ? code : error.name;
}

function probedOf({ status, latencyMs, text }: Answer, key: string | null): Probed {
  const observed = { status, latencyMs, models: null };
  if (status === null) return { ...observed, isOk: false, message: `it was not reached: ${text}` };
  if (status === 401 || status === 403) {
    const why = key === null ? "it wants a key, and none is set" : "it refused the key";
    return { ...observed, isOk: false, message: why };
  }
  if (status >= 200 && status < 300) return { ...observed, ...refusedOf(text, key) };
  // The provider is there and knows the caller; its limits are handled elsewhere.
  if (status === 429) return { ...observed, isOk: true, message: LIMITED };
  return { ...observed, isOk: false, message: `it failed with status ${status}${errorTextIn(text, key)}` };
}

/** An answer with status 200 may report an error too. */
function refusedOf(text: string, key: string | null): Pick<Probed, "isOk" | "message"> {
  const parsed = Told.safeParse(jsonIn(text));
  const failure = parsed.success ? failureIn(parsed.data) : null;
  if (!failure) return { isOk: true, message: "it answers" };
  const { code, message } = failedBy(failure, key);
  if (code === "rate_limit_exceeded") return { isOk: true, message: LIMITED };
  const words = message.slice(0, WORDS_MAX);
  return { isOk: false, message: code === "unauthorized" ? `it refused the key: ${words}` : `it refused: ${words}` };
}

function modelsIn(text: string): string[] | null {
  const list = ModelList.safeParse(jsonIn(text));
  if (!list.success) return null;
  return list.data.data.map(({ id }) => id).sort();
}

function errorTextIn(text: string, key: string | null): string {
  const { error } = (jsonIn(text) ?? {}) as { error?: { message?: unknown } };
  const message = typeof error?.message === "string" ? error.message : "";
  const clean = providerWords(message, key, WORDS_MAX);
  return clean === "" ? "" : `: ${clean}`;
}
