import { jsonIn } from "@/contract/json-in";

/** What servers put under `error`: an object by OpenAI's form, or a text as several self-hosted ones do. */
export function errorIn(text: string): Record<string, unknown> | string | undefined {
  const error = (jsonIn(text) as { error?: unknown } | null | undefined)?.error;
  const isKnown = typeof error === "string" || (typeof error === "object" && error !== null);
  return isKnown ? (error as Record<string, unknown> | string) : undefined;
}
