import { toast } from "sonner";
import { readError } from "@/components/trpc/errors";
import { ErrorFacts } from "./error-facts";

/** Says what went wrong with what was just done, in the server's words or in better ones. */
export function toastError(error: unknown, message?: string): void {
  const shown = readError(error);
  toast.error(message ?? shown.message, { description: <ErrorFacts error={shown} /> });
}
