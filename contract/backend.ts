import { z } from "zod";
import { ChosenId } from "./ids";
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
});
export type Backend = z.infer<typeof Backend>;
export const BackendList = pageOf(Backend);
export const ListBackendsInput = z.strictObject({ cursor: Cursor.optional(), limit: pageLimit(LIST_LIMIT_MAX) });
export const SetBackendInput = z.strictObject({
  profile: ChosenId,
  /** Queue tasks of the profile that run at once, in all queues together; null: no limit. */
  maxRunning: z.int().min(0).max(1_000_000).nullable().optional(),
  /** Takes back that its provider's limit is reached: tasks are sent to it again at once. */
  isUp: z.literal(true).optional(),
});
export type SetBackendInput = z.infer<typeof SetBackendInput>;
export type ListBackendsInput = z.infer<typeof ListBackendsInput>;

const TimeoutMs = z.int().min(100).max(3_600_000);

/** A profile in the file that `AGENTRUN_BACKENDS` names. `keyEnv` names web's variable that holds the key. */
export const BackendConfig = z.strictObject({
  model: z.string().min(1),
  baseUrl: z.url({ protocol: /^https?$/ }),
  keyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional(),
  wire: z.enum(["responses", "chat"]).default("responses"),
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
export const BackendsFile = z.record(z.string(), BackendConfig);
export type BackendsFile = z.infer<typeof BackendsFile>;
