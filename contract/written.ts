const SHELL = /^(?:\S*\/)?(?:ba|z|da)?sh -l?c (?:'([^']*)'|"([^"\\$`]*)")$/s;

/**
 * Returns a command line without the shell that codex wraps it in, for a heading. Where a person decides on a command
 * it is shown in full.
 */
export function unwrapShell(command: string): string {
  const [, single, double] = SHELL.exec(command) ?? [];
  return single ?? double ?? command;
}

/**
 * Writes what a session was told, said, ran and got as a terminal would show it. Lists' rows and a run's last lines
 * share it.
 */
export const written = {
  asked: (text: string) => `> ${text}`,
  command: (command: string) => `$ ${unwrapShell(command)}`,
  change: ({ path, kind }: { path: string; kind: string }) => `${kind} ${path}`,
  approval: (what: string, standing: string) => `? ${what} (${standing})`,
  end: (status: string, message: string | null) => [status, message].filter((part) => part !== null).join(": "),
};
