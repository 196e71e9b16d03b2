import { toServerTime } from "@/components/ui/clock";
import type { CreateBulkInput } from "@/contract/bulk";

/** What an action is about: those that were chosen, or whatever the list's filter matched when all were chosen. */
export type BulkTarget = Pick<CreateBulkInput, "ids" | "filter" | "asOf"> & { words: string };

/** This moment, by the server's clock: what comes later is not what was looked at. */
export const asOfNow = (): string => new Date(toServerTime(Date.now())).toISOString();
