import { z } from "zod";

/** OTLP's JSON has ids in hex, where protobuf's own mapping would have base64. An id of zeros is invalid. */
const hex = (bytes: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${2 * bytes}}$`));
/** 64 bits do not fit into a JSON number. */
const Unsigned64 = z.string().regex(/^(0|[1-9]\d*)$/);
const Signed64 = z.string().regex(/^(0|-?[1-9]\d*)$/);
const Count = z.int().min(0);
const Text = z.string().refine((text) => !/\p{Cs}/u.test(text), "half of a pair of surrogates");

/** Lists, maps and bytes are values too, but we send none. */
const Value = z
  .strictObject({
    ...{ stringValue: Text.optional(), boolValue: z.boolean().optional() },
    ...{ intValue: Signed64.optional(), doubleValue: z.number().optional() },
  })
  .refine((value) => Object.keys(value).length === 1, "one value");
const Attribute = z.strictObject({ key: Text, value: Value });
const attributed = { attributes: z.array(Attribute).optional(), droppedAttributesCount: Count.optional() };

const Span = z.strictObject({
  ...{ traceId: hex(16), spanId: hex(8), parentSpanId: hex(8).optional() },
  ...{ traceState: Text.optional(), flags: Count.optional() },
  name: Text,
  /** Unspecified, internal, server, client, producer, consumer. */
  kind: z.int().min(0).max(5),
  ...{ startTimeUnixNano: Unsigned64, endTimeUnixNano: Unsigned64 },
  ...attributed,
  events: z.array(z.strictObject({ timeUnixNano: Unsigned64, name: Text, ...attributed })).optional(),
  links: z
    .array(
      z.strictObject({
        ...{ traceId: hex(16), spanId: hex(8), traceState: Text.optional(), flags: Count.optional() },
        ...attributed,
      }),
    )
    .optional(),
  ...{ droppedEventsCount: Count.optional(), droppedLinksCount: Count.optional() },
  /** Unset, ok, error. */
  status: z.strictObject({ code: z.int().min(0).max(2).optional(), message: Text.optional() }).optional(),
});
const schemaUrl = Text.optional();
const Scope = z.strictObject({ name: Text.optional(), version: Text.optional(), ...attributed });
const Request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject(attributed).optional(),
      scopeSpans: z.array(z.strictObject({ scope: Scope.optional(), spans: z.array(Span), schemaUrl })),
      schemaUrl,
    }),
  ),
});

export type SentValue = { stringValue?: string; intValue?: string; doubleValue?: number; boolValue?: boolean };
export type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: SentValue }[];
  status?: { code: number; message?: string };
};
export type SentRequest = {
  resourceSpans: {
    resource: { attributes: { key: string; value: SentValue }[] };
    scopeSpans: { scope: { name: string; version: string }; spans: SentSpan[] }[];
  }[];
};

/**
 * Reads a request as a collector does that accepts only what OTLP 1.9 defines in its JSON mapping: no other field, and
 * each field in its form.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function readRequest(text: string): SentRequest {
  const request: unknown = JSON.parse(text);
  const { error } = Request.safeParse(request);
  if (error) {
    const [issue] = error.issues;
    throw new Error(`request.${z.core.toDotPath(issue?.path ?? [])}: ${issue?.message}`);
  }
  return request as SentRequest;
}
