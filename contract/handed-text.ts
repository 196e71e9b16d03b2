/** The line that what is handed over begins with, behind the text that an agent is asked; it goes on to the text's end. */
export const RESULTS_MARK = "=== AgentRun: results of the tasks before this one ===";

/** A turn's text without what was handed over with it, and that by itself; null where there is none. */
export function splitHanded(text: string): { asked: string; handed: string | null } {
  const at = text.startsWith(`${RESULTS_MARK}\n`) ? 0 : text.indexOf(`\n${RESULTS_MARK}\n`);
  if (at === -1) return { asked: text, handed: null };
  return {
    asked: text.slice(0, at).trimEnd(),
    handed: text
      .slice(at)
      .trimStart()
      .slice(RESULTS_MARK.length + 1),
  };
}
