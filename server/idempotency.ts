import { hash } from "node:crypto";

/** SHA-256, hex, of a JSON value with sorted keys, so that the order of keys does not matter. */
export function payloadHash(value: unknown): string {
  return hash("sha256", canonicalJson(value));
}

/**
 * JSON with sorted object keys; `undefined` members are left out as in JSON. Written by hand, because JSON.stringify
 * with a sorting function rebuilds every object and takes five times as long.
 */
export function canonicalJson(value: unknown): string {
  return write(value) ?? "null";
}

function write(given: unknown): string | undefined {
  const value = hasToJson(given) ? given.toJSON() : given;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item) ?? "null").join(",")}]`;
  const record = value as Record<string, unknown>;
  let members = "";
  for (const key of sortedKeys(record)) {
    const member = write(record[key]);
    if (member === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${member}`;
  }
  return `{${members}}`;
}

function sortedKeys(record: Record<string, unknown>): string[] {
  const keys = Object.keys(record).sort();
  // An object lists integer keys first: stored hashes were made in that order.
  if (!keys.some((key) => key.charCodeAt(0) >= DIGIT_0 && key.charCodeAt(0) <= DIGIT_9)) return keys;
  return Object.keys(Object.fromEntries(keys.map((key) => [key, null])));
}

const DIGIT_0 = 48;
const DIGIT_9 = 57;

function hasToJson(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && typeof (value as { toJSON?: unknown }).toJSON === "function";
}
