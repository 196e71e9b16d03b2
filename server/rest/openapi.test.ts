import { expect, test } from "vitest";
import { z } from "zod";
import { appRouter } from "@/server/trpc/root";
import { createMatcher } from "./match";
import { openApiDocument } from "./openapi";
import { inputOf, procedureNames } from "./procedures";
import { ROUTES, STREAM_ROUTES } from "./routes";

/** Section 5 of the API's contract, repeated. */
const PROMISED = `
POST /runs|GET /runs|GET /runs/{runId}|POST /runs/{runId}/claim|POST /runs/{runId}/heartbeat|POST /runs/{runId}/finish
POST /runs/{runId}/cancel|POST /runs/{runId}/commands|GET /runs/{runId}/commands|GET /commands/{commandId}
POST /commands/{commandId}/ack|POST /commands/{commandId}/finish|POST /commands/{commandId}/cancel
POST /runs/{runId}/events|GET /runs/{runId}/events|POST /runs/{runId}/runner-jobs|GET /runs/{runId}/runner-jobs
GET /runner-jobs/{runnerJobId}|POST /runners|GET /runners|GET /runners/{runnerId}|POST /sessions|GET /sessions
GET /sessions/{sessionId}|PATCH /sessions/{sessionId}|DELETE /sessions/{sessionId}|GET /sessions/{sessionId}/trace
GET /sessions/{sessionId}/output|POST /sessions/{sessionId}/read|GET /sessions/{sessionId}/storage
DELETE /sessions/{sessionId}/storage|POST /sessions/{sessionId}/storage/refresh|POST /sessions/{sessionId}/storage/restore
POST /sessions/storage/gc|GET /storage|POST /queue/tasks|GET /queue/tasks|GET /queue/tasks/{taskId}
POST /queue/tasks/{taskId}/attempt|POST /queue/tasks/{taskId}/cancel|POST /queue/tasks/{taskId}/read
GET /queue/stats|GET /queue/commander|GET /backends
GET /runs/{runId}/events/watch|GET /runs/{runId}/commands/watch|GET /sessions/watch|GET /queue/watch`;

test("the document names every promised route once, with every input of its procedure", () => {
  const { paths, openapi } = openApiDocument();
  expect(openapi).toBe("3.1.0");
  for (const promise of PROMISED.trim().split(/[|\n]/)) {
    const [method = "", path = ""] = promise.split(" ");
    expect([promise, paths[`/api/v1${path}`]?.[method.toLowerCase()] !== undefined]).toEqual([promise, true]);
  }
  const ids = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  for (const route of ROUTES) {
    const operation = paths[`/api/v1${route.path}`]?.[route.method.toLowerCase()] as {
      parameters: { name: string }[];
      requestBody?: { content: { "application/json": { schema: { properties: object } } } };
    };
    const body = Object.keys(operation.requestBody?.content["application/json"].schema.properties ?? {});
    const named = new Set([...operation.parameters.map(({ name }) => name), ...body]);
    const given = inputOf(route.procedure);
    const input = given instanceof z.ZodPrefault ? given.unwrap() : given;
    const taken = input && "shape" in input ? Object.keys(input.shape as object) : [];
    expect([route.path, taken.filter((name) => !named.has(name))]).toEqual([route.path, []]);
  }
});

test("the document describes image uploads and downloads as plain bytes", () => {
  const { paths } = openApiDocument();
  const types = ["image/png", "image/jpeg", "image/gif", "image/webp"];
  const upload = paths["/api/v1/sessions/{sessionId}/attachments"]?.post as {
    parameters: { name: string }[];
    requestBody: { content: object };
  };
  expect(upload.parameters.map(({ name }) => name)).toEqual(["sessionId", "name"]);
  expect(Object.keys(upload.requestBody.content)).toEqual(["application/json", ...types, "application/octet-stream"]);
  const ofTasks = paths["/api/v1/queue/attachments"]?.post as typeof upload;
  expect(ofTasks.parameters.map(({ name }) => name)).toEqual(["tenantId", "projectId", "name"]);
  expect(ofTasks.requestBody.content).toHaveProperty("image/png");
  const content = paths["/api/v1/attachments/{attachmentId}/content"]?.get as {
    responses: { 200: { content: object } };
  };
  expect(Object.keys(content.responses[200].content)).toEqual(types);
});

test("every procedure has a route, except those only for runners or the console", () => {
  const served = new Set([...ROUTES, ...STREAM_ROUTES].map(({ procedure }) => procedure));
  const unserved = procedureNames().filter((name) => !served.has(name));
  expect(unserved.sort()).toEqual([
    "archive.commit",
    "archive.manifest",
    "archive.missing",
    "archive.store",
    "events.live",
  ]);
  expect(appRouter).toBeDefined();
});

test("a fixed segment takes precedence over a parameter for every pair of routes", () => {
  const match = createMatcher([...ROUTES, ...STREAM_ROUTES]);
  for (const { path } of [...ROUTES, ...STREAM_ROUTES]) {
    const address = path.replaceAll(/\{\w+\}/g, "x%2Fy");
    const found = match(address);
    expect([path, new Set(found.map(({ route }) => route.path))]).toEqual([path, new Set([path])]);
    for (const value of Object.values(found[0]?.params ?? {})) expect(value).toBe("x/y");
  }
});
