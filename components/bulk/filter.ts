import { parseAsStringLiteral } from "nuqs/server";
import { BULK_KINDS } from "@/contract/words";

/** What the list of actions on many is narrowed by, in its address. */
export const BULK_LIST_FILTERS = { kind: parseAsStringLiteral(BULK_KINDS) };
