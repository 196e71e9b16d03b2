import { jsonIn } from "@/contract/json-in";

/** Returns what a server put under `error`: an object as OpenAI does, or a text as several self-hosted servers do. */
export function errorIn(text: string): Record<string, unknown> | string | undefined {
  const error = (jsonIn(text) as { error?: unknown } | null | undefined)?.error;
  const isKnown = typeof error === "string" || (typeof error === "object" && error !== null);
  return isKnown ? (error as Record<string, unknown> | string) : undefined;
}
