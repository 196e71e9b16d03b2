import { z } from "zod";
import { ErrorBody, REASON_STATUS } from "@/contract/errors";
import type { ProcedureMeta } from "@/server/trpc/init";
import { inputSchemaOf } from "./input";
import { type JsonSchema, procedureNamed, toJsonSchema } from "./procedures";
import { CONTENT_ROUTES, type ContentRoute, ROUTES, type Route, STREAM_ROUTES, type StreamRoute } from "./routes";

type Operation = Record<string, unknown>;
export type OpenApiDocument = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  [key: string]: unknown;
};

const JSON_TYPE = "application/json";
const ERROR_STATUSES = [...new Set(Object.values(REASON_STATUS))].sort((a, b) => a - b);

let document: OpenApiDocument | null = null;

/**
 * Returns the OpenAPI 3.1 document. It is made from the table that serves the routes and the schemas that check their
 * inputs.
 */
export function openApiDocument(): OpenApiDocument {
  document ??= {
    openapi: "3.1.0",
    info: {
      title: "AgentRun",
      version: "1",
      description:
        "A control plane for coding agents. Every operation is a procedure of the tRPC router, under the same name. Times are ISO 8601 strings, bytes and versions are numbers.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { Error: toJsonSchema(z.object({ error: ErrorBody }), "output") },
    },
    paths: pathsOf(),
  };
  return document;
}

/** Paths are written in full, as people and programs search for them. */
const PREFIX = "/api/v1";

function pathsOf(): OpenApiDocument["paths"] {
  const paths: OpenApiDocument["paths"] = {};
  const add = (path: string, method: string, operation: Operation) => {
    paths[path] = { ...paths[path], [method]: operation };
  };
  for (const route of ROUTES) add(`${PREFIX}${route.path}`, route.method.toLowerCase(), describeRoute(route));
  for (const route of CONTENT_ROUTES) add(`${PREFIX}${route.path}`, "get", describeContent(route));
  for (const route of STREAM_ROUTES) add(`${PREFIX}${route.path}`, "get", describeStream(route));
  return paths;
}

function describeRoute(route: Route): Operation {
  const input = inputSchemaOf(route.procedure);
  const inPath = pathParameters(route.path);
  const names = Object.keys(input.properties ?? {});
  const hasBody = route.method === "POST" || route.method === "PATCH";
  const hasFields = names.some((name) => !inPath.includes(name));
  return {
    ...common(route.procedure, route.summary),
    parameters: parametersOf(
      input,
      inPath,
      hasBody && !route.bodyTypes ? [] : names.filter((name) => name !== BYTES_FIELD),
    ),
    ...(hasBody && hasFields ? { requestBody: withBytes(bodyOf(input, inPath), route.bodyTypes) } : {}),
    responses: {
      200: { description: "Done", content: { [JSON_TYPE]: { schema: toJsonSchema(route.answer, "output") } } },
      ...errorResponses(),
    },
  };
}

/** The field that plain bytes stand for. */
const BYTES_FIELD = "base64";

/** A body that may also be plain bytes. */
function withBytes(body: { content: object }, types: readonly string[] = []): Operation {
  return { ...body, content: { ...body.content, ...bytesOf(types) } };
}

function bytesOf(types: readonly string[]): Operation {
  return Object.fromEntries(types.map((type) => [type, { schema: { type: "string", format: "binary" } }]));
}

function describeContent(route: ContentRoute): Operation {
  const { path, name, procedure, summary, types, isCached } = route;
  const input = toJsonSchema(route.input, "input");
  const inPath = pathParameters(path);
  const inQuery = Object.keys(input.properties ?? {}).filter((field) => !inPath.includes(field));
  return {
    ...common(procedure, summary),
    operationId: name,
    parameters: parametersOf(input, inPath, inQuery),
    responses: {
      200: { description: "The bytes", content: bytesOf(types) },
      ...(isCached ? { 304: { description: "The caller has it: If-None-Match named its ETag" } } : {}),
      ...errorResponses(),
    },
  };
}

function describeStream(route: StreamRoute): Operation {
  const input = inputSchemaOf(route.procedure);
  const inQuery = Object.keys(input.properties ?? {}).filter((name) => name !== "lastEventId");
  const lastId = { name: "Last-Event-ID", in: "header", required: false, schema: { type: "string" } };
  return {
    ...common(route.procedure, route.summary),
    parameters: [...parametersOf(input, pathParameters(route.path), inQuery), lastId],
    responses: {
      200: {
        description: "Server-sent events, whose data is JSON",
        content: { "text/event-stream": { schema: { type: "string" } } },
      },
      204: { description: "There is nothing left to tell after the last id" },
      ...errorResponses(),
    },
  };
}

function common(procedure: string, summary: string): Operation {
  const { access } = procedureNamed(procedure)._def.meta as ProcedureMeta;
  return {
    operationId: procedure,
    tags: [procedure.split(".")[0]],
    summary,
    description: `Who may call it: ${access}.`,
    ...(access === "public" ? { security: [] } : {}),
  };
}

function pathParameters(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []);
}

function parametersOf(input: JsonSchema, inPath: string[], inQuery: string[]): Operation[] {
  const schemaOf = (name: string) => input.properties?.[name] ?? { type: "string" };
  const isRequired = (name: string) => input.required?.includes(name) ?? false;
  return [
    ...inPath.map((name) => ({ name, in: "path", required: true, schema: schemaOf(name) })),
    ...inQuery
      .filter((name) => !inPath.includes(name))
      .map((name) => ({ name, in: "query", required: isRequired(name), ...queryForm(schemaOf(name)) })),
  ];
}

/** Describes how a value is written in a query: an object is written as JSON. */
function queryForm(schema: JsonSchema): Operation {
  return schema.type === "object" ? { content: { [JSON_TYPE]: { schema } } } : { schema };
}

/** Describes the body: the input without the parameters that are in the path. */
function bodyOf(input: JsonSchema, inPath: string[]): { required: boolean; content: object } {
  const { required: allRequired = [], properties: all = {}, ...rest } = input;
  const properties = Object.fromEntries(Object.entries(all).filter(([name]) => !inPath.includes(name)));
  const required = allRequired.filter((name) => !inPath.includes(name));
  const schema = { ...rest, properties, ...(required.length > 0 ? { required } : {}) };
  return { required: required.length > 0, content: { [JSON_TYPE]: { schema } } };
}

function errorResponses(): Record<string, Operation> {
  const content = { [JSON_TYPE]: { schema: { $ref: "#/components/schemas/Error" } } };
  return Object.fromEntries(ERROR_STATUSES.map((status) => [status, { description: reasonsOf(status), content }]));
}

function reasonsOf(status: number): string {
  return Object.entries(REASON_STATUS)
    .flatMap(([reason, value]) => (value === status ? [reason] : []))
    .join(", ");
}
