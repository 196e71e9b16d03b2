import { stripVTControlCharacters } from "node:util";
import { showTricks } from "@/components/ui/hidden-text";

/** A text of others' making as a terminal may be given it: no escape sequence, and nothing that moves what is written. */
export function plain(text: string): string {
  return showTricks(stripVTControlCharacters(text).replaceAll("\r\n", "\n")).replaceAll("\r", "\\r");
}

/** The same on one line. */
export function plainLine(text: string): string {
  return plain(text).replaceAll(/\s+/g, " ").trim();
}
