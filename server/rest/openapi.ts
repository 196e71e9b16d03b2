import { z } from "zod";
import { ErrorBody } from "@/contract/errors";
import { inputSchemaOf, type JsonSchema, toJsonSchema } from "./input-schema";
import { ROUTES, type Route, STREAM_ROUTES } from "./routes";

const VERSION = "1";
let made: Record<string, unknown> | null = null;

/** The OpenAPI 3.1 document of every route, made of the table that answers them and of the contract's own schemas. */
export function openApiDocument(): Record<string, unknown> {
  made ??= {
    openapi: "3.1.0",
    info: {
      title: "AgentRun",
      version: VERSION,
      description: "A control plane for coding agents. Times are ISO 8601, bytes and versions are numbers.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api/v1" }],
    security: [{ bearer: [] }],
    paths: pathsOf(),
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: { Error: toJsonSchema(z.object({ error: ErrorBody }), "output") },
    },
  };
  return made;
}

function pathsOf(): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const path = paths[route.path] ?? {};
    path[route.method.toLowerCase()] = operationOf(route);
    paths[route.path] = path;
  }
  for (const { path, summary } of STREAM_ROUTES) paths[path] = { get: streamOf(path, summary) };
  return paths;
}

function operationOf(route: Route): Record<string, unknown> {
  const schema = inputSchemaOf(route.procedure);
  const inPath = namesIn(route.path);
  const inQuery = route.method === "GET" || route.method === "DELETE";
  const rest = Object.entries(schema?.properties ?? {}).filter(([name]) => !inPath.includes(name));
  const parameters = [
    ...inPath.map((name) => parameter("path", name, { schema: schema?.properties?.[name], isRequired: true })),
    ...(inQuery
      ? rest.map(([name, property]) =>
          parameter("query", name, { schema: property, isRequired: schema?.required?.includes(name) ?? false }),
        )
      : []),
  ];
  return {
    operationId: route.procedure.replace(".", "_"),
    summary: route.summary,
    tags: [route.procedure.split(".")[0]],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(inQuery || rest.length === 0 ? {} : { requestBody: bodyOf(schema, inPath) }),
    responses: {
      200: { description: "Done", content: json(toJsonSchema(route.output, "output")) },
      default: { description: "Refused or failed", content: json({ $ref: "#/components/schemas/Error" }) },
    },
  };
}

function bodyOf(schema: JsonSchema | null, inPath: string[]): Record<string, unknown> {
  const properties = Object.fromEntries(
    Object.entries(schema?.properties ?? {}).filter(([name]) => !inPath.includes(name)),
  );
  const required = (schema?.required ?? []).filter((name) => !inPath.includes(name));
  return {
    required: required.length > 0,
    content: json({ ...schema, properties, ...(required.length > 0 ? { required } : { required: undefined }) }),
  };
}

function streamOf(path: string, summary: string): Record<string, unknown> {
  return {
    operationId: `${namesIn(path).join("_")}watch${path.split("/")[1] ?? ""}${path.split("/")[3] ?? ""}`,
    summary,
    tags: ["streams"],
    parameters: [
      ...namesIn(path).map((name) => parameter("path", name, { schema: { type: "string" }, isRequired: true })),
      parameter("header", "Last-Event-ID", { schema: { type: "string" }, isRequired: false }),
    ],
    responses: {
      200: { description: "Server-sent events", content: { "text/event-stream": { schema: { type: "string" } } } },
      default: { description: "Refused or failed", content: json({ $ref: "#/components/schemas/Error" }) },
    },
  };
}

function parameter(
  place: "path" | "query" | "header",
  name: string,
  described: { schema: JsonSchema | undefined; isRequired: boolean },
): Record<string, unknown> {
  return { name, in: place, required: described.isRequired, schema: described.schema ?? { type: "string" } };
}

function namesIn(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "");
}

function json(schema: JsonSchema): Record<string, unknown> {
  return { "application/json": { schema } };
}
