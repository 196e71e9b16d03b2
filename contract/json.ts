import { z } from "zod";
import { METADATA_PAIRS_MAX, type MetadataFilter as Pairs } from "./query/metadata";
import { cleanJson } from "./text";

/** A JSON object from a caller: payloads and metadata keep every key, and strings are cleaned for storage. */
export type JsonObject = Record<string, unknown>;

const DEPTH_MAX = 200;
export const METADATA_MAX_BYTES = 64 * 1024;
export const PAYLOAD_MAX_BYTES = 8 * 1024 * 1024;

/** Whether a text is longer than so many bytes of UTF-8. A character takes three at most, so most are not measured. */
export function isLonger(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}

/** Nesting depth of a JSON value, counted without recursion; stops counting past `limit`. */
export function jsonDepth(value: unknown, limit = DEPTH_MAX): number {
  let level: unknown[] = [value];
  let depth = 0;
  while (level.length > 0 && depth <= limit) {
    depth += 1;
    const next: unknown[] = [];
    for (const item of level) {
      // Pushed one by one: as arguments of one call, the items of a long list would overflow the stack.
      if (typeof item === "object" && item !== null) for (const child of Object.values(item)) next.push(child);
    }
    level = next;
  }
  return depth;
}

/** Not z.record, which drops a key named `__proto__`: every key of the caller is kept. */
export const JsonRecord = z
  .custom<JsonObject>((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
    error: "expected a JSON object",
    abort: true,
  })
  .meta({ type: "object" });

/** A JSON object of bounded depth, unchanged: for payloads that their store cleans and measures itself. */
export const RawJsonObject = JsonRecord.refine((value) => jsonDepth(value) <= DEPTH_MAX, {
  message: `nested deeper than ${DEPTH_MAX} levels`,
});

/** A JSON object of bounded depth and size (bytes of its JSON text), cleaned of what PostgreSQL cannot store. */
export function jsonObject(bytesMax: number, depthMax = DEPTH_MAX) {
  return JsonRecord.refine((value) => jsonDepth(value, depthMax) <= depthMax, {
    message: `nested deeper than ${depthMax} levels`,
    abort: true,
  })
    .refine((value) => !isLonger(JSON.stringify(value), bytesMax), {
      message: `larger than ${bytesMax} bytes of JSON`,
    })
    .transform((value) => cleanJson(value));
}

export const Metadata = jsonObject(METADATA_MAX_BYTES).meta({ description: "any JSON object, at most 64 KiB" });

const PAIR_TEXT_MAX = 200;

/** The metadata that a list's rows must have. Keeps every key: a filter that lost one would match more rows. */
export const MetadataFilter = z
  .custom<Pairs>(isPairs, {
    error: `1 to ${METADATA_PAIRS_MAX} names, each with a text, a number, true, false or null, of ${PAIR_TEXT_MAX} characters at most`,
  })
  .meta({
    type: "object",
    description:
      "what their metadata must have: names and their values; a text also matches the number, the truth or the null that is written so",
    minProperties: 1,
    maxProperties: METADATA_PAIRS_MAX,
    additionalProperties: { type: ["string", "number", "boolean", "null"] },
  })
  .transform((pairs) => cleanJson(pairs));

function isPairs(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const pairs = Object.entries(value);
  return (
    pairs.length >= 1 &&
    pairs.length <= METADATA_PAIRS_MAX &&
    pairs.every(([name, pair]) => name !== "" && name.length <= PAIR_TEXT_MAX && isPairValue(pair))
  );
}

function isPairValue(value: unknown): boolean {
  if (typeof value === "string") return value.length <= PAIR_TEXT_MAX;
  return value === null || typeof value === "boolean" || Number.isFinite(value);
}
