import { z } from "zod";
import { appRouter } from "@/server/trpc/root";

export type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  [key: string]: unknown;
};

type Described = { _def: { inputs: z.ZodType[] } };
const known = new Map<string, JsonSchema | null>();

/** What a procedure takes, as JSON Schema; null when it takes nothing. Made once for each. */
export function inputSchemaOf(procedure: string): JsonSchema | null {
  const made = known.get(procedure);
  if (made !== undefined) return made;
  const found = (appRouter._def.procedures as unknown as Record<string, Described | undefined>)[procedure];
  if (!found) throw new Error(`there is no procedure ${procedure}`);
  const [input] = found._def.inputs;
  const schema = input === undefined ? null : toJsonSchema(input, "input");
  known.set(procedure, schema);
  return schema;
}

/** JSON Schema 2020-12, which is what OpenAPI 3.1 speaks. */
export function toJsonSchema(type: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(type, { io, unrepresentable: "any" }) as JsonSchema;
  return schema;
}
