import type { ReactNode } from "react";
import { toast } from "sonner";
import { readError } from "@/components/trpc/errors";
import { ErrorFacts } from "./error-facts";

/** Says what went wrong with what was just done, in the server's words or in better ones. */
export function toastError(error: unknown, message?: string): void {
  const shown = readError(error);
  toastProblem(message ?? shown.message, <ErrorFacts error={shown} />);
}

/** Says a problem until somebody closes it: whoever looked away has not read it. The same again takes its place. */
export function toastProblem(message: string, description?: ReactNode): void {
  toast.error(message, { id: message, description, duration: Number.POSITIVE_INFINITY, closeButton: true });
}
