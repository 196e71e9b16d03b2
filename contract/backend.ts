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

/** What a try of a profile's provider found: that it is reached, and takes the key. */
export const BackendProbe = z.object({
  at: z.string(),
  isOk: z.boolean(),
  /** From the request to the end of the answer; null where there was none. */
  latencyMs: z.number().nullable(),
  /** HTTP; null where nothing was answered. */
  status: z.number().nullable(),
  /** A sentence for people. */
  message: z.string(),
  /** The models that it names; null where it names none. */
  models: z.array(z.string()).nullable(),
  /** Tries of late that failed, one after another. */
  failures: z.number(),
});
export type BackendProbe = z.infer<typeof BackendProbe>;

/** Where the key of a profile's provider comes from, and since when it is there; never the key. */
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
  /** null where no model is configured for it on this server. */
  model: z.string().nullable(),
  isConfigured: z.boolean(),
  wire: z.enum(["responses", "chat"]).nullable(),
  /** Of its provider; null where it has none, or the caller is bound to a tenant. */
  baseUrl: z.string().nullable(),
  key: BackendKey,
  probe: BackendProbe.nullable(),
  /** Switched off by a person: no new run is made with it, and its tasks wait. */
  disabled: z.object({ at: z.string(), by: z.string(), reason: z.string().nullable() }).nullable(),
  /** Queue tasks of the profile that the caller may see. */
  tasks: z.object({ running: z.number(), waiting: z.number() }),
  /** Turns that the caller may see of runs that no task made: each takes a place of the limit, too. */
  otherTurns: z.number(),
});
export type Backend = z.infer<typeof Backend>;
export const BackendList = pageOf(Backend);
export const ListBackendsInput = z.strictObject({ cursor: Cursor.optional(), limit: pageLimit(LIST_LIMIT_MAX) });
export const SetBackendInput = z.strictObject({
  profile: ChosenId,
  /** Turns of the profile under way, also of runs that no task made, from which on no task of it starts; null: no limit. */
  maxRunning: z.int().min(0).max(1_000_000).nullable().optional(),
  /** Takes back that its provider's limit is reached, or that it failed of late: tasks are sent to it again at once. */
  isUp: z.literal(true).optional(),
  isEnabled: z.boolean().optional(),
  /** Why it is switched off, for those whose tasks wait. */
  reason: text(1_000).optional(),
});
export type SetBackendInput = z.infer<typeof SetBackendInput>;
export type ListBackendsInput = z.infer<typeof ListBackendsInput>;
export const GetBackendInput = z.strictObject({ profile: ChosenId });
export type GetBackendInput = z.infer<typeof GetBackendInput>;
/** A profile, and what it would affect to switch it off. */
export const BackendDetails = Backend.extend({
  use: z.object({
    /** Runs that have not ended; they go on. */
    liveRuns: z.number(),
    sessions: z.number(),
  }),
});
export type BackendDetails = z.infer<typeof BackendDetails>;

const TimeoutMs = z.int().min(100).max(3_600_000);

/** What a provider of chat completions takes and refuses, by name: docs/BACKENDS.md says what each means. */
export const CHAT_PRESETS = ["openai-chat", "minimax", "deepseek", "mistral"] as const;
export type ChatPreset = (typeof CHAT_PRESETS)[number];

/** A profile in the file that `AGENTRUN_BACKENDS` names. `keyEnv` names web's variable that holds the key. */
export const BackendConfig = z.strictObject({
  model: z.string().min(1),
  /** Further models that its runs may ask for. */
  models: z.array(z.string().min(1)).max(100).optional(),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^[^/]*\/\/[^/?#]*@|[?#]/.test(url), "name no credentials, query or fragment in it"),
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
  /** The file that holds the key instead, read at each request: a new key needs no restart. */
  keyFile: z.string().min(1).optional(),
  wire: z.enum(["responses", "chat"]).default("responses"),
  preset: z.enum(CHAT_PRESETS).optional(),
  /** How long its provider may take until it begins to answer, and between two pieces of an answer. */
  answerTimeoutMs: TimeoutMs.optional(),
  silenceTimeoutMs: TimeoutMs.optional(),
  /** Requests for one answer where the provider is overloaded or away, the first among them. */
  triesMax: z.int().min(1).max(10).optional(),
  /** Of its model. What another model costs that a run asks for stands in `modelPrices`, by its name. */
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
