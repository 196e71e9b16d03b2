import { sentence } from "@/components/ui/format";

const WORDS: Record<string, string> = { inProgress: "Running", "cut off": "Interrupted" };

/** How far a command or a tool has come, in a word. */
export function itemWord(status: string): string {
  return WORDS[status] ?? sentence(status);
}
