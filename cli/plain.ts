import { stripVTControlCharacters } from "node:util";
import { revealHidden } from "@/components/ui/hidden-characters";

/**
 * Returns foreign text in a form that is safe for a terminal: without escape sequences, and without characters that
 * reorder text.
 */
export function plain(text: string): string {
  return revealHidden(stripVTControlCharacters(text).replaceAll("\r\n", "\n")).replaceAll("\r", "\\r");
}

/** Does the same, and puts everything on one line. */
export function plainLine(text: string): string {
  return plain(text).replaceAll(/\s+/g, " ").trim();
}
