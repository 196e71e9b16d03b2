import type { Conversation } from "./conversation";

/** The text that the last tool call of this turn gave back. */
export function lastOutput(conversation: Conversation): string {
  return conversation.outputs.at(-1)?.text ?? "";
}

/** The exit code that codex reports with a command's output. */
export function exitCodeOf(output: string): number | undefined {
  const code = /(?:exited with code|exit code:?) (-?\d+)/i.exec(output)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** Whether codex reports that the call was declined or not allowed, so that nothing ran. */
export function wasRefused(conversation: Conversation): boolean {
  const output = lastOutput(conversation);
  return exitCodeOf(output) === undefined && /reject|declin|denied|not allowed|abort|cannot ask/i.test(output);
}

/** What the last command printed, as a code block. */
export function printed(conversation: Conversation, language = ""): string {
  const output = lastOutput(conversation);
  const text = (/^Output:\n([\s\S]*)$/m.exec(output)?.[1] ?? output).trimEnd();
  return `\`\`\`${language}\n${text.slice(0, 4_000)}\n\`\`\``;
}

/** How a turn of plain commands ends: what the last one said, or that it was refused. */
export function conclusion(conversation: Conversation): string {
  if (wasRefused(conversation)) return `That command was refused, so nothing ran:\n\n${printed(conversation)}`;
  const code = exitCodeOf(lastOutput(conversation));
  return `${code === 0 || code === undefined ? "Done" : `The command failed with exit code ${code}`}. It printed:\n\n${printed(conversation)}`;
}
