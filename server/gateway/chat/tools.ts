import { createHash } from "node:crypto";
import type { ChatTool } from "./chat";
import { Tool } from "./schema";

/** What a tool's name in a call means to the caller. */
export type KnownTool = { kind: "function" | "custom" | "tool_search"; name: string; namespace: string | null };

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const NAME_MAX = 64;
const HASH_CHARS = 8;
export const TOOL_SEARCH = "tool_search";

/** Returns the name of a tool in chat completions. The same tool has the same name in every request. */
export function chatName(namespace: string | null | undefined, name: string): string {
  const whole = namespace ? `${namespace.replace(/_+$/, "")}__${name}` : name;
  if (NAME.test(whole)) return whole;
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, HASH_CHARS);
  return `${whole.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, NAME_MAX - HASH_CHARS - 1)}_${hash}`;
}

/** What the names of a request's tools mean. It is kept with the answer, so it leaves out the tools' descriptions. */
export class KnownTools {
  readonly #known = new Map<string, KnownTool>();

  /** Returns whether the name was free. */
  add(name: string, tool: KnownTool): boolean {
    if (this.#known.has(name)) return false;
    this.#known.set(name, tool);
    return true;
  }

  /**
   * Returns a name's meaning. An unknown name is passed on as a function's: the caller then tells the model that there
   * is no such tool.
   */
  meaningOf(name: string): KnownTool {
    return this.#known.get(name) ?? { kind: "function", name, namespace: null };
  }
}

/**
 * A request's tools as functions, the only kind in chat completions: a namespace's tools get a longer name, a freeform
 * tool its input as one text. Tools that a provider of the Responses API would run itself are left out.
 */
export class ToolBox {
  readonly definitions: ChatTool[] = [];
  /** What was left out, and why. */
  readonly dropped: string[] = [];
  readonly known = new KnownTools();
  constructor(private readonly hasStrict: boolean) {}

  addAll(tools: unknown[], namespace: string | null = null): void {
    for (const tool of tools) {
      const parsed = Tool.safeParse(tool);
      if (parsed.success) this.#add(parsed.data, namespace);
      else this.dropped.push("a tool: it has no form that is known");
    }
  }

  #add(tool: Tool, namespace: string | null): void {
    if (tool.type === "namespace") this.addAll(tool.tools ?? [], tool.name ?? null);
    else if (tool.type === "function" && tool.name)
      this.#define({ kind: "function", name: tool.name, namespace }, tool, tool.parameters);
    else if (tool.type === "custom" && tool.name)
      this.#define({ kind: "custom", name: tool.name, namespace }, freeform(tool), INPUT_ALONE);
    else if (tool.type === TOOL_SEARCH && tool.execution === "client")
      this.#define({ kind: TOOL_SEARCH, name: TOOL_SEARCH, namespace }, tool, tool.parameters);
    else this.dropped.push(`tool ${tool.name ?? tool.type}: the provider would have to run it`);
  }

  keepOnly(names: Set<string>): void {
    this.definitions.splice(
      0,
      this.definitions.length,
      ...this.definitions.filter(({ function: { name } }) => names.has(name)),
    );
  }

  #define(known: KnownTool, tool: Pick<Tool, "description" | "strict">, parameters: Tool["parameters"]): void {
    const name = chatName(known.namespace, known.name);
    if (!this.known.add(name, known)) return;
    this.definitions.push({
      type: "function",
      function: {
        name,
        ...(tool.description ? { description: tool.description } : {}),
        parameters: parameters ?? NO_PARAMETERS,
        ...(tool.strict === true && this.hasStrict ? { strict: true as const } : {}),
      },
    });
  }
}

// Some providers refuse a function without parameters.
const NO_PARAMETERS: Record<string, unknown> = { type: "object", properties: {} };
const INPUT_ALONE: Record<string, unknown> = {
  type: "object",
  properties: { input: { type: "string", description: "The tool's whole input, as it is." } },
  required: ["input"],
  additionalProperties: false,
};

function freeform(tool: Tool): Pick<Tool, "description" | "strict"> {
  const { definition, syntax } = tool.format ?? {};
  const grammar = definition ? `\n\n"input" follows this grammar${syntax ? ` (${syntax})` : ""}:\n${definition}` : "";
  return { description: `${tool.description ?? ""}${grammar}`.trim(), strict: false };
}
