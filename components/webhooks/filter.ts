import { parseAsStringLiteral } from "nuqs/server";
import { DELIVERY_STATES } from "@/contract/words";

/** What a webhook's deliveries are narrowed by, in its address. */
export const DELIVERY_FILTERS = { state: parseAsStringLiteral(DELIVERY_STATES) };
