import { parseAsStringLiteral } from "nuqs/server";
import { LATENCY_WINDOWS, type LatencyWindow } from "@/contract/words";

/** How far back latency is told, as the address holds it. */
export const WITHIN = parseAsStringLiteral(LATENCY_WINDOWS).withDefault("24h");
export const WINDOW_NAMES: Record<LatencyWindow, string> = { "24h": "24 h", "7d": "7 days", "30d": "30 days" };
