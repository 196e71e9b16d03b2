import { z } from "zod";
import { splitHanded } from "@/contract/handed-text";
import { type ImageFacts, readImage } from "@/contract/image";

/** The parts of a Responses API request that the scripted model reads; everything else passes unread. */
const RequestSchema = z.looseObject({
  input: z.union([
    z.string(),
    z.array(z.looseObject({ type: z.string().optional(), id: z.string().nullish(), role: z.string().optional() })),
  ]),
  text: z.looseObject({ format: z.looseObject({ schema: z.unknown() }).nullish() }).nullish(),
  client_metadata: z.record(z.string(), z.unknown()).nullish(),
});
type Item = { type?: string; id?: string | null; role?: string; [key: string]: unknown };

/** An image as its bytes tell it; null where they tell nothing. */
export type ImageInfo = ImageFacts | null;

/** One turn as the model sees it, rebuilt from the request: the script keeps no state of its own. */
export interface Conversation {
  /** What people said in earlier turns, oldest first. */
  earlier: string[];
  /** What opened this turn. */
  opening: string;
  /** What the tasks before this one found out, as it stood behind that; null where nothing did. */
  handed: string | null;
  /** What was added to this turn and has not been answered yet. */
  newSteers: string[];
  /** The images of what was said in this turn and has not been answered yet, in their order. */
  newImages: ImageInfo[];
  /** The tool calls of this turn that came back, in order. */
  outputs: { tool: string; text: string }[];
  /** True once the model has spoken after the last tool output of this turn. */
  hasConcluded: boolean;
  /** The JSON Schema that the answer is to fit; undefined where any words will do. */
  outputSchema: unknown;
  inputChars: number;
}

/** Reads a Responses API request as a conversation; throws a ZodError when it is none. */
export function readConversation(body: unknown): Conversation {
  const request = RequestSchema.parse(body);
  const items: Item[] =
    typeof request.input === "string"
      ? [{ type: "message", role: "user", content: [{ text: request.input }] }]
      : request.input;
  const start = turnStart(items, request.client_metadata?.turn_id);
  const { asked, handed } = splitHanded(start === -1 ? "" : itemText(items[start] ?? {}));
  const inTurn = items.slice(start + 1);
  const lastOutput = inTurn.findLastIndex((item) => isOutput(item));
  const lastOwn = inTurn.findLastIndex((item) => item.role === "assistant" || isCall(item));
  const tools = new Map(inTurn.filter(isCall).map((item) => [item.call_id, String(item.name)]));
  const unanswered = inTurn.slice(lastOwn + 1).filter(isUserMessage);
  return {
    newImages: [...(lastOwn === -1 && items[start] ? [items[start]] : []), ...unanswered].flatMap(imagesOf),
    earlier: items.slice(0, Math.max(start, 0)).filter(isUserMessage).map(itemText),
    opening: asked,
    handed,
    newSteers: unanswered.map(itemText),
    outputs: inTurn
      .filter(isOutput)
      .map((item) => ({ tool: tools.get(item.call_id) ?? "", text: outputText(item.output) })),
    hasConcluded: inTurn.some((item, index) => index > lastOutput && item.role === "assistant"),
    outputSchema: request.text?.format?.schema,
    // Of an image's bytes no model is asked as of text.
    inputChars: JSON.stringify(items, (key, value) => (key === "image_url" ? "" : value)).length,
  };
}

// codex gives turns and user messages time-ordered ids (UUIDv7), so the turn's opening is the first message that is
// not older than the turn. A client without such ids gets the last message that no tool call leads up to.
function turnStart(items: Item[], turnId: unknown): number {
  if (typeof turnId === "string") {
    const found = items.findIndex((item) => isUserMessage(item) && (item.id ?? "").replace(/^msg_/, "") >= turnId);
    if (found !== -1) return found;
  }
  return items.findLastIndex((item, index) => isUserMessage(item) && !isOutput(items[index - 1] ?? {}));
}

// codex adds context of its own as messages of the user, each wrapped in one XML-like element.
function isUserMessage(item: Item): boolean {
  return (
    item.role === "user" &&
    !/^<([a-z_]+)[ >][\s\S]*<\/\1>\s*$/.test(itemText(item).trim()) &&
    !itemText(item).startsWith("# AGENTS.md")
  );
}

function isCall(item: Item): boolean {
  return item.type === "function_call" || item.type === "custom_tool_call";
}

function isOutput(item: Item): boolean {
  return item.type === "function_call_output" || item.type === "custom_tool_call_output";
}

function imagesOf(item: Item): ImageInfo[] {
  if (!Array.isArray(item.content)) return [];
  return item.content.flatMap((part: unknown) => {
    const { type, image_url: url } = part as { type?: unknown; image_url?: unknown };
    return type === "input_image" ? [decodeImage(String(url))] : [];
  });
}

/** The header says all that is told; the rest of a large one is not decoded. */
function decodeImage(url: string): ImageInfo {
  const [, base64] = /^data:image\/[a-z+.-]+;base64,([A-Za-z0-9+/]{0,87384})/.exec(url) ?? [];
  return base64 === undefined ? null : readImage(Buffer.from(base64, "base64"));
}

function itemText(item: Item): string {
  return outputText(item.content);
}

function outputText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) => (typeof part === "object" && part !== null && "text" in part ? String(part.text) : ""))
    .join("\n");
}
