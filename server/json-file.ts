import { readFileSync } from "node:fs";
import { z } from "zod";

/**
 * What a file of the configuration holds, by its schema.
 *
 * @throws Error that names the variable and the file, and never what the file holds.
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
