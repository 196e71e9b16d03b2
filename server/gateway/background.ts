import { jsonIn } from "@/contract/json-in";
import { InvalidInputError } from "@/server/errors";

/** Bodies are long and this is never asked for by codex: most are known by this not to. */
const MAYBE = /"background"\s*:|\\u00[4-7]/i;

/** An answer that is fetched later is one whose tokens nobody counts. */
export function assertForeground(body: string): void {
  if (!MAYBE.test(body)) return;
  const fields = Object.entries((jsonIn(body) ?? {}) as Record<string, unknown>);
  // Some providers do not look at a key's case.
  const given = fields.filter(([key]) => key.toLowerCase() === "background").map(([, value]) => value);
  if (given.some((value) => value !== false && value !== null))
    throw new InvalidInputError("background: answers are not kept here to be fetched later, ask without it");
}
