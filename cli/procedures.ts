import { nearest } from "@/contract/query/nearest";
import type { Client, Method, Request } from "./client";
import { UsageError } from "./failure";

/** The part of JSON Schema that the server's document uses to describe an input. */
export type Schema = {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  default?: unknown;
};
/** A procedure of the API as the server's document describes it. */
export type Procedure = {
  name: string;
  summary: string;
  method: Method;
  path: string;
  /** All fields that it takes, wherever they stand in a request. */
  input: Schema;
  isStream: boolean;
};

type Content = Record<string, { schema?: Schema }>;
/** A parameter that is an object stands in the address as JSON. */
type Parameter = { name: string; in: string; required?: boolean; schema?: Schema; content?: Content };
type Operation = {
  operationId?: string;
  summary?: string;
  parameters?: Parameter[];
  requestBody?: { content?: Content };
  responses?: Record<string, { content?: Record<string, unknown> }>;
};
type Document = { paths?: Record<string, Record<string, Operation>> };

const PREFIX = "/api/v1";

/** Reads every procedure of the server. This program has no list of its own, so that it never lags behind. */
export async function readProcedures(client: Client): Promise<Procedure[]> {
  const { paths = {} } = (await client.read("/api/openapi.json")) as Document;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const name = operation.operationId;
      if (name === undefined || !path.startsWith(PREFIX)) return [];
      return [
        toProcedure(name, operation, { method: method.toUpperCase() as Method, path: path.slice(PREFIX.length) }),
      ];
    }),
  );
}

function toProcedure(name: string, operation: Operation, route: Pick<Procedure, "method" | "path">): Procedure {
  const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in !== "header");
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const parameterSchemas = parameters.map(
    ({ name, schema, content }) => [name, schema ?? content?.["application/json"]?.schema ?? {}] as const,
  );
  return {
    name,
    ...route,
    summary: operation.summary ?? "",
    input: {
      properties: { ...Object.fromEntries(parameterSchemas), ...body?.properties },
      required: [
        ...parameters.filter(({ required }) => required === true).map(({ name }) => name),
        ...(body?.required ?? []),
      ],
    },
    isStream: Object.keys(operation.responses?.["200"]?.content ?? {}).includes("text/event-stream"),
  };
}

export function findProcedure(procedures: readonly Procedure[], name: string): Procedure {
  const found = procedures.find((procedure) => procedure.name === name);
  if (found) return found;
  const suggestion = nearest(
    name,
    procedures.map((procedure) => procedure.name),
  );
  throw new UsageError(`there is no procedure ${name}`, suggestion ?? "agentrun help");
}

/** Builds a procedure's request from an input: fields named in its path go there, the rest into the body or query. */
export function buildRequest({ method, path, name }: Procedure, input: Record<string, unknown>): Request {
  const rest = { ...input };
  const filledPath = path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = rest[parameter];
    delete rest[parameter];
    if (value === undefined || value === "")
      throw new UsageError(`${name} needs ${parameter}`, `agentrun help ${name}`);
    return encodeURIComponent(String(value));
  });
  const hasBody = method === "POST" || method === "PATCH";
  return { method, path: filledPath, ...(hasBody ? { body: rest } : { query: rest }) };
}
