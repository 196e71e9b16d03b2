import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { FIRING_OUTCOMES } from "@/contract/words";

/** What the list of schedules is narrowed by, in its address. */
export const SCHEDULE_FILTERS = { search: parseAsString.withDefault("") };

/** What a schedule's times are narrowed by, in its address. */
export const FIRING_FILTERS = { outcome: parseAsStringLiteral(FIRING_OUTCOMES) };

/** The list's input: an empty search asks for all. */
export function schedulesInput(search: string): { search?: string } {
  return search.trim() === "" ? {} : { search: search.trim() };
}
