import { redactMessage } from "@/server/events";

export const SPAN_KINDS = { internal: 1, client: 3 } as const;
export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

/** A part of a trace that has ended. Times are milliseconds since 1970. */
export type Span = {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
  name: string;
  kind: keyof typeof SPAN_KINDS;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  /** What went wrong; null: nothing did, or a person ended it. */
  error: string | null;
};

const MESSAGE_MAX = 500;

/** Returns the attributes that have a value. */
export function attributesOf(values: Record<string, AttributeValue | null | undefined>): Attributes {
  const present = Object.entries(values).filter((entry): entry is [string, AttributeValue] => entry[1] != null);
  return Object.fromEntries(present);
}

/** Returns a failure's message as it may be sent: redacted once more, and of bounded length. */
export function errorOf(message: string | null, kind: string | null): string {
  return (redactMessage(message) ?? kind ?? "failed").slice(0, MESSAGE_MAX);
}
