import type { ChatPart, UserMessage } from "./chat";
import type { Item, Part } from "./schema";

type Content = Item["content"];
const DETAILS = new Set(["auto", "low", "high"]);
const NO_IMAGES = "[an image was left out: this model's provider takes none]";

/** Returns the text of a content or an output; parts that are not text are left out. */
export function textOf(content: Content): string {
  if (typeof content === "string") return content;
  const texts = (content ?? []).map((part) => part.text ?? part.refusal ?? null);
  return texts.filter((text) => text !== null).join("\n");
}

export function imagesOf(content: Content): Part[] {
  return typeof content === "string" ? [] : (content ?? []).filter(({ type }) => type === "input_image");
}

/** Returns what a person says: a single string if it is text alone, which every provider accepts. */
export function userContent(content: Content, hasImages: boolean): UserMessage["content"] {
  if (typeof content === "string") return content;
  const parts = (content ?? []).map((part) => chatPart(part, hasImages));
  if (parts.some(({ type }) => type === "image_url")) return parts;
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

function chatPart(part: Part, hasImages: boolean): ChatPart {
  if (part.type !== "input_image")
    return { type: "text", text: part.text ?? part.refusal ?? `[${part.type} was left out: it cannot be sent]` };
  if (!hasImages) return { type: "text", text: NO_IMAGES };
  if (!part.image_url) return { type: "text", text: "[an image was left out: it is not in the request]" };
  const detail = part.detail && DETAILS.has(part.detail) ? { detail: part.detail } : {};
  return { type: "image_url", image_url: { url: part.image_url, ...detail } };
}
