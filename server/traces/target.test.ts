import { expect, test } from "vitest";
import { parseEnv, ServerEnv } from "@/contract/env";
import { traceTargetOf } from ".";
import { programOf, toolOf } from "./program";
import { providerOf } from "./provider";

const JSON_ASKED = { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" };
const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318", ...JSON_ASKED };
const parsed = (env: Record<string, string>) =>
  parseEnv(ServerEnv, { DATABASE_URL: "postgres://127.0.0.1/agentrun", ...env });
const targetOf = (env: Record<string, string>) => traceTargetOf(parsed(env)).target;

test.each([
  [{}, null],
  [ENDPOINT, "http://collector:4318/v1/traces"],
  [
    { ...JSON_ASKED, OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector/otlp/?key=k" },
    "https://collector/otlp/v1/traces?key=k",
  ],
  [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other/in" }, "http://other/in"],
  [{ ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" }, null],
  [{ ...ENDPOINT, OTEL_SDK_DISABLED: "1" }, "http://collector:4318/v1/traces"],
  [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }, null],
  [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: "console, otlp" }, "http://collector:4318/v1/traces"],
  [
    { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" },
    "http://collector:4318/v1/traces",
  ],
])("with %j traces are sent to %s", (env: Record<string, string>, url) => {
  expect(traceTargetOf(parsed(env))).toMatchObject({ target: url === null ? null : { url }, warning: null });
});

test("warns and sends nothing unless JSON is configured by name", () => {
  const injected = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  expect(traceTargetOf(parsed(injected))).toMatchObject({
    ...{ target: null, warning: expect.stringContaining("OTEL_EXPORTER_OTLP_PROTOCOL is not http/json") },
  });
  for (const name of ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"]) {
    const { target, warning } = traceTargetOf(parsed({ ...ENDPOINT, [name]: "http/protobuf" }));
    expect(target).toBeNull();
    expect(warning).toContain(`${name} is not http/json`);
    expect(traceTargetOf(parsed({ [name]: "grpc" }))).toEqual({ target: null, warning: null });
  }
});

test.each<Record<string, string>>([
  { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
  { ...ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT: "grpc://collector", OTEL_SDK_DISABLED: "true" },
  { ...ENDPOINT, OTEL_EXPORTER_OTLP_COMPRESSION: "zstd", OTEL_TRACES_EXPORTER: "none" },
  { OTEL_EXPORTER_OTLP_TIMEOUT: "0", OTEL_SERVICE_NAME: "x".repeat(300) },
])("settings that a platform gives to every program do not stop the start: %j", (env) => {
  expect(targetOf(env)).toBeNull();
});

test("reads headers, attributes, service name and limits as OpenTelemetry defines them", () => {
  const target = targetOf({
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Basic%20aGk6aG8=, x-scope=all,",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-scope=traces,x-plain=100%",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=pro%2Cd,service.name=other,service.namespace=a=b",
    OTEL_EXPORTER_OTLP_TIMEOUT: "7000",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
  });
  expect(target).toMatchObject({
    ...{ timeoutMs: 7_000, isCompressed: true },
    headers: { authorization: "Basic aGk6aG8=", "x-scope": "traces", "x-plain": "100%" },
    resource: { "service.name": "other", "deployment.environment.name": "pro,d", "service.namespace": "a=b" },
  });
  expect(
    targetOf({ ...ENDPOINT, OTEL_EXPORTER_OTLP_TIMEOUT: "7000", OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "5" }),
  ).toMatchObject({
    ...{ timeoutMs: 5, isCompressed: false, headers: {}, resource: { "service.name": "agentrun" } },
  });
  expect(
    targetOf({ ...ENDPOINT, OTEL_SERVICE_NAME: "mine", OTEL_RESOURCE_ATTRIBUTES: "service.name=other" }),
  ).toMatchObject({
    resource: { "service.name": "mine" },
  });
});

test.each([
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318/hunter2"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "hunter2"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "=hunter2"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2%0d%0ahost:%20evil"],
  ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=hunter2%E2%82%AC"],
  ["OTEL_RESOURCE_ATTRIBUTES", "=hunter2"],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "hunter2"],
  ["OTEL_EXPORTER_OTLP_TIMEOUT", "hunter2"],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://me:100%hunter2@collector:4318"],
])("warns of %s=%s without its value, and sends nothing", (name, value) => {
  const { target, warning } = traceTargetOf(parsed({ ...ENDPOINT, [name]: value }));
  expect([target, warning]).toEqual([null, expect.stringContaining(`: ${name}: `)]);
  expect(warning).not.toContain("hunter2");
});

test.each([
  ["make -j8", "make"],
  ["/usr/local/bin/node x.mjs", "node"],
  ["./run.sh", "run.sh"],
  ["g++ -o a a.cc", "g++"],
  ["TOKEN=hunter2 make", null],
  ["TOKEN=/hunter2 make", null],
  ["AWS_SECRET_ACCESS_KEY=wJalr/K7MDENG/hunter2 aws s3 ls", null],
  ["https://u:p@h/hunter2", null],
  ["'/a/hunter2 c'", null],
  ["'my program' x", null],
  ["$(cat key) x", null],
  ["(cd /x && make)", null],
  ["hunter2…", null],
  [`${"k".repeat(33)} x`, null],
  ["--token hunter2", null],
  ["", null],
])("reduces the command %s to %s", (command, program) => {
  expect(programOf(command)).toBe(program);
});

test("reports a tool's name and a model's provider only in a plain form", () => {
  expect(["search", "github.create_issue", "mcp__x/y:z"].map(toolOf)).toEqual([
    "search",
    "github.create_issue",
    "mcp__x/y:z",
  ]);
  expect(["what did he say?", "", "a b", "x".repeat(49)].map(toolOf)).toEqual([null, null, null, null]);
  expect(providerOf("https://api.deepseek.com/v1")).toBe("deepseek");
  expect(providerOf("https://mine.openai.azure.com/openai/v1")).toBe("azure.ai.openai");
  expect(["http://127.0.0.1:8000/v1", "https://api.openai.com.evil.example/", undefined].map(providerOf)).toEqual([
    null,
    null,
    null,
  ]);
});
