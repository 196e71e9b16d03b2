import type { z } from "zod";
import { admit, type ProcedureMeta, type TrpcContext } from "@/server/trpc/init";
import { procedureNamed, toJsonSchema } from "./procedures";
import { ROUTES } from "./routes";

/** A procedure that answers once (no stream), as programs see it. */
export type CataloguedProcedure = {
  name: string;
  summary: string;
  isMutation: boolean;
  /**
   * Whether the answer holds a secret, such as a new token. Such an answer is for the caller alone: it must reach no
   * log and no model.
   */
  tellsSecret: boolean;
};

let catalog: readonly CataloguedProcedure[] | null = null;

/** Returns every procedure that REST answers, except the streams. */
export function procedureCatalog(): readonly CataloguedProcedure[] {
  catalog ??= ROUTES.map(({ procedure, summary, answer }) => ({
    name: procedure,
    summary,
    isMutation: procedureNamed(procedure)._def.type === "mutation",
    tellsSecret: holdsSecret(answer),
  }));
  return catalog;
}

/**
 * Returns whether a caller's role and scopes let it call a procedure. The procedure itself checks which rows it may
 * touch.
 */
export function mayCall(ctx: TrpcContext, name: string): boolean {
  const { meta, type } = procedureNamed(name)._def;
  const { access } = meta as ProcedureMeta;
  if (access === "public") return true;
  try {
    admit(access, { ctx, path: name, type });
    return true;
  } catch {
    return false;
  }
}

/** Finds secrets by the names of fields, at any depth, so that no list has to be kept up to date for new procedures. */
function holdsSecret(answer: z.ZodType): boolean {
  const isSecret = (schema: unknown): boolean => {
    if (Array.isArray(schema)) return schema.some(isSecret);
    if (typeof schema !== "object" || schema === null) return false;
    return Object.entries(schema).some(
      ([name, inner]) =>
        (typeof inner === "object" && /(^t|T)oken$|(^s|S)ecret$|^deviceCode$|^signInUrl$/.test(name)) ||
        isSecret(inner),
    );
  };
  return isSecret(toJsonSchema(answer, "output"));
}
