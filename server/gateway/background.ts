import { jsonIn } from "@/contract/json-in";
import { InvalidInputError } from "@/server/errors";

/** A cheap check first: bodies are long, and codex never sends this field. */
const MAY_NAME_BACKGROUND = /"background"\s*:|\\u00[4-7]/i;

/** Throws when an answer is to be fetched later: nobody would count its tokens. */
export function assertForeground(body: string): void {
  if (!MAY_NAME_BACKGROUND.test(body)) return;
  const fields = Object.entries((jsonIn(body) ?? {}) as Record<string, unknown>);
  // Some providers ignore a key's case.
  const values = fields.filter(([key]) => key.toLowerCase() === "background").map(([, value]) => value);
  if (values.some((value) => value !== false && value !== null))
    throw new InvalidInputError("background: answers are not kept here to be fetched later, ask without it");
}
