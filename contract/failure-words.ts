import type { FAILURE_KINDS } from "./words";

const WORDS: Record<(typeof FAILURE_KINDS)[number], string> = {
  "schema-invalid": "invalid data",
  "infra-failed": "infrastructure error",
  "runner-lease-conflict": "lease lost",
  cancelled: "cancelled",
  "session-store-evicted": "volume evicted",
  unauthenticated: "not authenticated",
  forbidden: "not allowed",
  "rate-limited": "usage limit reached",
  "runner-lost": "runner lost",
  "backend-failed": "backend error",
  "approval-timeout": "approval timed out",
  "storage-full": "storage full",
  timeout: "timed out",
};

/** A kind of failure as people read it, within a sentence; a kind that is not known stays as it is. */
export function failureWords(kind: string | null | undefined): string {
  return kind == null ? "unknown error" : ((WORDS as Record<string, string>)[kind] ?? kind);
}
