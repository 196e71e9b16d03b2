import { VERSION } from "@/server/version";
import { type Attributes, type AttributeValue, SPAN_KINDS, type Span } from "./span";

/** The maximum length of a request, which every collector accepts. */
export const REQUEST_MAX_BYTES = 1024 * 1024;
const TEXT_MAX = 500;
const STATUS_ERROR = 2;

/** Encodes a span by OTLP's mapping to JSON: ids in hex, 64-bit numbers as strings, enums as numbers. */
export function encodeSpan(span: Span): string {
  const { traceId, spanId, parentSpanId, kind, error } = span;
  return JSON.stringify({
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name: clip(span.name),
    kind: SPAN_KINDS[kind],
    startTimeUnixNano: nanosOf(span.startMs),
    // A span must not end before it begins, whichever clocks its times are from.
    endTimeUnixNano: nanosOf(Math.max(span.startMs, span.endMs)),
    attributes: encodeAttributes(span.attributes),
    ...(error === null ? {} : { status: { code: STATUS_ERROR, message: clip(error) } }),
  });
}

/** Yields request bodies that hold these spans in order, none longer than a request may be. */
export function* requestsOf(
  spans: readonly string[],
  resource: Attributes,
): Generator<{ body: string; spans: number }> {
  const before = `{"resourceSpans":[{"resource":{"attributes":${JSON.stringify(encodeAttributes(resource))}},"scopeSpans":[{"scope":${JSON.stringify({ name: "agentrun", version: VERSION })},"spans":[`;
  const after = "]}]}]}";
  const maxBytes = REQUEST_MAX_BYTES - Buffer.byteLength(before) - after.length;
  let chunk: string[] = [];
  let bytes = 0;
  for (const span of spans) {
    const size = Buffer.byteLength(span) + 1;
    if (chunk.length > 0 && bytes + size > maxBytes) {
      yield { body: `${before}${chunk.join(",")}${after}`, spans: chunk.length };
      [chunk, bytes] = [[], 0];
    }
    chunk.push(span);
    bytes += size;
  }
  if (chunk.length > 0) yield { body: `${before}${chunk.join(",")}${after}`, spans: chunk.length };
}

function encodeAttributes(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: AttributeValue) {
  if (typeof value === "string") return { stringValue: clip(value) };
  if (typeof value === "boolean") return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

/** Replaces halves of surrogate pairs, which other programs do not accept. */
function clip(text: string): string {
  return text
    .slice(0, TEXT_MAX)
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
}

function nanosOf(ms: number): string {
  return String(BigInt(Math.max(0, Math.round(ms))) * 1_000_000n);
}
