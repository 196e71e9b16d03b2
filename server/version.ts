import { version } from "@/package.json";

/** The program's version, as its package says it. */
export const VERSION = version;
