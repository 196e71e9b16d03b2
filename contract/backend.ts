import { z } from "zod";
import { ChosenId, text } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { Prices } from "./usage";

export { DEMO_PROFILE } from "./words";

export const BACKEND_PROTOCOL = "codex-app-server-jsonrpc-stdio";

/** How an agent is started; flat, and the same for every profile. */
export const BACKEND_CAPABILITIES = {
  protocol: BACKEND_PROTOCOL,
  transport: "stdio",
  command: "codex app-server --listen stdio://",
} as const;

export const BUILT_IN_PROFILES = ["codex", "deepseek", "minimax-m3"] as const;

/** The result of trying a profile's provider: whether it can be reached and accepts the key. */
export const BackendProbe = z.object({
  at: z.string(),
  isOk: z.boolean(),
  /** From the request to the end of the answer; null where there was no answer. */
  latencyMs: z.number().nullable(),
  /** The HTTP status; null where nothing was answered. */
  status: z.number().nullable(),
  /** A sentence for people. */
  message: z.string(),
  /** The models that the provider lists; null where it lists none. */
  models: z.array(z.string()).nullable(),
  /** Recent failed tries in a row. */
  failures: z.number(),
});
export type BackendProbe = z.infer<typeof BackendProbe>;

/** Where the key of a profile's provider comes from, and since when it is there. Never contains the key. */
export const BackendKey = z.object({
  source: z.enum(["variable", "file", "none"]),
  isPresent: z.boolean(),
  /** When the file was written; null for variables, which are as old as the process. */
  since: z.string().nullable(),
});
export type BackendKey = z.infer<typeof BackendKey>;

export const Backend = z.object({
  profile: z.string(),
  capabilities: z.record(z.string(), z.unknown()),
  capacity: z.record(z.string(), z.unknown()),
  health: z.record(z.string(), z.unknown()),
  updatedAt: z.string(),
  isDemo: z.boolean(),
  /** null where this server has no model configured for the profile. */
  model: z.string().nullable(),
  isConfigured: z.boolean(),
  wire: z.enum(["responses", "chat"]).nullable(),
  /** The address of its provider; null where the profile has none, or the caller is bound to a tenant. */
  baseUrl: z.string().nullable(),
  key: BackendKey,
  probe: BackendProbe.nullable(),
  /** Set when a person switched the profile off: no new run is made with it, and its tasks wait. */
  disabled: z.object({ at: z.string(), by: z.string(), reason: z.string().nullable() }).nullable(),
  /** Queue tasks of the profile that the caller may see. */
  tasks: z.object({ running: z.number(), waiting: z.number() }),
  /**
   * Turns of runs that no task made, as far as the caller may see them. Each of them takes a place under the limit as
   * well.
   */
  otherTurns: z.number(),
});
export type Backend = z.infer<typeof Backend>;
export const BackendList = pageOf(Backend);
export const ListBackendsInput = z.strictObject({ cursor: Cursor.optional(), limit: pageLimit(LIST_LIMIT_MAX) });
export const SetBackendInput = z.strictObject({
  profile: ChosenId,
  /**
   * The number of turns of the profile at which no further task starts. Turns of runs that no task made count as well.
   * null: no limit.
   */
  maxRunning: z.int().min(0).max(1_000_000).nullable().optional(),
  /** Clears the note that the provider is at its limit or failed recently: tasks are sent to it again at once. */
  isUp: z.literal(true).optional(),
  isEnabled: z.boolean().optional(),
  /** Why the profile is switched off; shown to those whose tasks wait. */
  reason: text(1_000).optional(),
});
export type SetBackendInput = z.infer<typeof SetBackendInput>;
export type ListBackendsInput = z.infer<typeof ListBackendsInput>;
export const GetBackendInput = z.strictObject({ profile: ChosenId });
export type GetBackendInput = z.infer<typeof GetBackendInput>;
/** A profile, with what switching it off would affect. */
export const BackendDetails = Backend.extend({
  use: z.object({
    /** Runs that have not ended. They continue when the profile is switched off. */
    liveRuns: z.number(),
    sessions: z.number(),
  }),
});
export type BackendDetails = z.infer<typeof BackendDetails>;

const TimeoutMs = z.int().min(100).max(3_600_000);

/** Named sets of what a chat-completions provider accepts and refuses; docs/BACKENDS.md describes each. */
export const CHAT_PRESETS = ["openai-chat", "minimax", "deepseek", "mistral"] as const;
export type ChatPreset = (typeof CHAT_PRESETS)[number];

/**
 * A profile in the file that `AGENTRUN_BACKENDS` names. `keyEnv` is the name of the variable of web that holds the key.
 */
export const BackendConfig = z.strictObject({
  model: z.string().min(1),
  /** Further models that its runs may request. */
  models: z.array(z.string().min(1)).max(100).optional(),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^[^/]*\/\/[^/?#]*@|[?#]/.test(url), "name no credentials, query or fragment in it"),
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
  /** A file that holds the key, instead of `keyEnv`. It is read at each request, so a new key needs no restart. */
  keyFile: z.string().min(1).optional(),
  wire: z.enum(["responses", "chat"]).default("responses"),
  preset: z.enum(CHAT_PRESETS).optional(),
  /**
   * How long the provider may take to begin its answer (`answerTimeoutMs`), and between two pieces of it
   * (`silenceTimeoutMs`).
   */
  answerTimeoutMs: TimeoutMs.optional(),
  silenceTimeoutMs: TimeoutMs.optional(),
  /** Maximum requests for one answer where the provider is overloaded or away, counting the first. */
  triesMax: z.int().min(1).max(10).optional(),
  /** Prices of `model`. Those of the other models that a run may request are in `modelPrices`, by model name. */
  prices: Prices.optional(),
  modelPrices: z.record(z.string(), Prices).optional(),
});
export type BackendConfig = z.infer<typeof BackendConfig>;
export const BackendsFile = z.record(
  z.string(),
  BackendConfig.refine(({ wire, preset }) => preset === undefined || wire === "chat", {
    path: ["preset"],
    message: 'a preset goes with "wire": "chat"',
  }),
);
export type BackendsFile = z.infer<typeof BackendsFile>;
