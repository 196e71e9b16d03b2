const SHORT_MAX = 32;

/**
 * Returns the program of a command line; null: it is not plain. Only a bare word counts: a variable or quote before or
 * around it may be a secret, and so may everything that follows.
 */
export function programOf(commandLine: string): string | null {
  const [word = ""] = commandLine.trim().split(/\s+/, 1);
  // The whole word is judged: a part of one that is not plain may be the end of a secret.
  const [, name = ""] = /^(?:[\w.+-]*\/)*([A-Za-z0-9_][\w.+-]*)$/.exec(word) ?? [];
  return name !== "" && name.length <= SHORT_MAX ? name : null;
}

/** Returns the name of a tool, of which agents have few; null: it is not plain. */
export function toolOf(label: string): string | null {
  return /^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,47}$/.test(label) ? label : null;
}
