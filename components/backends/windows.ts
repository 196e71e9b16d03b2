import { parseAsStringLiteral } from "nuqs/server";
import { LATENCY_WINDOWS, type LatencyWindow } from "@/contract/words";

/** The period of the page's figures, as the address holds it. */
export const WITHIN = parseAsStringLiteral(LATENCY_WINDOWS).withDefault("24h");
export const WINDOW_NAMES: Record<LatencyWindow, string> = { "24h": "24 h", "7d": "7 days", "30d": "30 days" };

/** The same in days of UTC, by which use is summed. */
export const USE_DAYS: Record<LatencyWindow, number> = { "24h": 1, "7d": 7, "30d": 30 };
