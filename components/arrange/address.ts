import { parseAsString } from "nuqs/server";

/** How a list is shown, as its page's address holds it. */
export const ARRANGEMENT = { columns: parseAsString, group: parseAsString };
