import { TRPCClientError } from "@trpc/client";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { ErrorBody } from "@/contract/errors";

/** What the console shows of a failure, whatever failed. */
export type ShownError = Omit<ErrorBody, "requestId" | "reason"> & {
  requestId: string | null;
  reason: string;
  status: number | null;
  /** Trying the same again may help. */
  isRetryable: boolean;
};

type ErrorData = { agentrun?: ErrorBody; httpStatus?: number };

/** Reads the contract's error object out of whatever was thrown, to be shown: a message may name what others wrote. */
export function readError(error: unknown): ShownError {
  const read = readThrown(error);
  return { ...read, message: revealHidden(read.message) };
}

/** Whether a failure says that there is none of what was named. */
export function isNotFound(error: unknown): boolean {
  return error instanceof TRPCClientError && readThrown(error).reason === "not-found";
}

function readThrown(error: unknown): ShownError {
  if (error instanceof TRPCClientError) {
    const data = error.data as ErrorData | null | undefined;
    const body = data?.agentrun;
    if (body !== undefined) {
      const status = data?.httpStatus ?? null;
      return { ...body, status, isRetryable: status === null || status >= 500 || status === 429 };
    }
    if (typeof data?.httpStatus === "number") {
      const { httpStatus } = data;
      return { ...unknown(error.message), status: httpStatus, isRetryable: httpStatus >= 500 };
    }
    return unreachable();
  }
  return unknown(error instanceof Error ? error.message : String(error));
}

function unknown(message: string): ShownError {
  return {
    failureKind: "infra-failed",
    reason: "unexpected",
    message,
    requestId: null,
    status: null,
    isRetryable: true,
  };
}

function unreachable(): ShownError {
  return {
    failureKind: "infra-failed",
    reason: "unreachable",
    message: "Can't reach the server. Check your connection and try again.",
    requestId: null,
    status: null,
    isRetryable: true,
  };
}
