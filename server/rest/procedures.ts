import type { AnyTRPCProcedure } from "@trpc/server";
import { z } from "zod";
import { appRouter } from "@/server/trpc/root";

/**
 * In its type, procedures are nested by router; the record itself is flat, with full names (see tRPC's
 * createRouterFactory).
 */
const PROCEDURES = appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure | undefined>;

/** The names of all procedures. */
export function procedureNames(): string[] {
  return Object.keys(PROCEDURES);
}

/** Returns the procedure of a name such as `runs.create`. */
export function procedureNamed(name: string): AnyTRPCProcedure {
  const found = PROCEDURES[name];
  if (!found) throw new Error(`there is no procedure ${name}`);
  return found;
}

export function isMutation(name: string): boolean {
  return Object.hasOwn(PROCEDURES, name) && PROCEDURES[name]?._def.type === "mutation";
}

/** Returns the zod schema of a procedure's input; null: it takes none. */
export function inputOf(name: string): z.ZodType | null {
  const inputs: unknown[] = (procedureNamed(name)._def as { inputs?: unknown[] }).inputs ?? [];
  const [schema] = inputs;
  return schema instanceof z.ZodType ? schema : null;
}

export type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  [key: string]: unknown;
};

/** Describes what a schema accepts in JSON Schema 2020-12, the dialect of OpenAPI 3.1. */
export function toJsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  // Transforms only clean and clamp values, so the described type is the type before them.
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    target: "draft-2020-12",
  });
  return rest as JsonSchema;
}
