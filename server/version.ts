import { version } from "@/package.json";

/** The program's version, from its package. */
export const VERSION = version;
