import { readFileSync } from "node:fs";
import { z } from "zod";

/**
 * Reads a configuration file and checks it by its schema.
 *
 * @throws Error that names the variable and the file, and never the file's content.
 */
export function readJsonFile<Schema extends z.ZodType>(
  variable: string,
  file: string,
  schema: Schema,
): z.output<Schema> {
  const text = attempt(() => readFileSync(file, "utf8"), `${variable}: cannot read ${file}`);
  const json: unknown = attempt(() => JSON.parse(text), `${variable}: ${file} is not valid JSON`);
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Error(`${variable}: ${file}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function attempt<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(problem, { cause });
  }
}
