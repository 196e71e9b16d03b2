import { z } from "zod";
import { jsonIn } from "@/contract/json-in";
import type { Item } from "./schema";

/**
 * How a provider sent its reasoning, and so how it gets it back: inline in `<think>`, or as a field besides the
 * content.
 */
export const REASONING_WAYS = ["think", "reasoning_content", "reasoning"] as const;
export type ReasoningWay = (typeof REASONING_WAYS)[number];

/** `gap` is the white space between `</think>` and what follows, kept so that the text is sent back unchanged. */
const CarriedReasoning = z.object({ way: z.enum(REASONING_WAYS), gap: z.string().optional() });
const PREFIX = "agentrun-chat:";

/**
 * Returns the `encrypted_content` of a reasoning item, which agents send back unchanged. The text itself is the item's
 * summary, so that people see it and it is stored once.
 */
export function carryReasoning(way: ReasoningWay, gap: string): string {
  return PREFIX + JSON.stringify(gap === "" ? { way } : { way, gap });
}

/** Returns the reasoning that an item carries; null: it is another model's, which this one could not read. */
export function carriedReasoning(item: Item): { way: ReasoningWay; gap: string; text: string } | null {
  if (!item.encrypted_content?.startsWith(PREFIX)) return null;
  const carried = CarriedReasoning.safeParse(jsonIn(item.encrypted_content.slice(PREFIX.length)));
  if (!carried.success) return null;
  const text = (item.summary ?? []).map((part) => part.text ?? "").join("");
  return { way: carried.data.way, gap: carried.data.gap ?? "", text };
}
