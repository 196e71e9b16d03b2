const SHELL = /^(?:\S*\/)?(?:ba|z|da)?sh -l?c (?:'([^']*)'|"([^"\\$`]*)")$/s;

/** A command line without the shell that codex wraps it in, for a heading; what is decided on is shown whole. */
export function unwrapShell(command: string): string {
  const [, single, double] = SHELL.exec(command) ?? [];
  return single ?? double ?? command;
}

/** What a session was told, said, ran and got, as a terminal would show it: a list's row and a run's last lines write alike. */
export const written = {
  asked: (text: string) => `> ${text}`,
  command: (command: string) => `$ ${unwrapShell(command)}`,
  change: ({ path, kind }: { path: string; kind: string }) => `${kind} ${path}`,
  approval: (what: string, standing: string) => `? ${what} (${standing})`,
  end: (status: string, message: string | null) => [status, message].filter((part) => part !== null).join(": "),
};
