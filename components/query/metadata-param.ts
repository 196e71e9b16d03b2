import { createParser } from "nuqs/server";
import { parsePairs } from "@/contract/query/metadata";

/** What the metadata of a list's rows must have, as an address holds it: `team:shop ticket:7`. */
export const parseAsPairs = createParser({ parse: parsePairs, serialize: (pairs: string) => pairs });
