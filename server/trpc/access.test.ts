import { callTRPCProcedure, TRPCError } from "@trpc/server";
import { beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import type { Actor, ServiceContext } from "@/server/context";
import { UnauthenticatedError } from "@/server/errors";
import { runnerActor, type TestContext, testContext } from "@/server/test/context";
import { ACCESS, type Access, faultOf, type ProcedureMeta } from "./init";
import { appRouter } from "./root";

type Procedure = { _def: { type: "query" | "mutation" | "subscription"; meta?: Partial<ProcedureMeta> } };
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, Procedure>);

const operator = (role: "viewer" | "operator" | "admin"): Actor => ({
  kind: "operator",
  name: role,
  role,
  tenantId: null,
  tokenId: null,
});
const CALLERS: Record<string, Actor | null> = {
  nobody: null,
  viewer: operator("viewer"),
  operator: operator("operator"),
  admin: operator("admin"),
  launch: { kind: "launch", name: "att", runId: "run_1", attemptId: "att_1", tenantId: "default", tokenId: "tok_1" },
  runner: runnerActor("run_1", 1),
  archiver: { kind: "archiver", name: "arv_1", sessionId: "ses_1", tenantId: "default", tokenId: "tok_1" },
  endedRunner: { ...runnerActor("run_1", 1), isEnded: true } as Actor,
};

/** Says who must be admitted, independently of the code that decides it. */
function mayCall(caller: string, access: Access, path: string, type: string): boolean {
  if (access === "public") return true;
  switch (caller) {
    case "nobody":
      return false;
    case "admin":
      return access !== "archiver";
    case "operator":
      return access !== "admin" && access !== "archiver";
    case "viewer":
      return (
        access === "viewer" || (["runner", "launch", "runner-or-archiver"].includes(access) && type !== "mutation")
      );
    case "launch":
      return access === "launch";
    case "runner":
      return access === "launch" || access === "runner" || access === "runner-or-archiver";
    case "archiver":
      return access === "archiver" || access === "runner-or-archiver";
    default:
      return path === "runs.heartbeat" || path === "runs.finish";
  }
}

/** Returns whether a call was admitted: errors after that concern only its input. */
async function isLetIn(
  path: string,
  type: Procedure["_def"]["type"],
  service: ServiceContext | null,
): Promise<boolean> {
  try {
    const ctx = { requestId: "test", service };
    await callTRPCProcedure({
      router: appRouter,
      path,
      type,
      ctx,
      getRawInput: async () => ({ "no such key": 1 }),
      signal: undefined,
      batchIndex: 0,
    });
    return true;
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    const { reason } = faultOf(error);
    return reason !== "unauthenticated" && reason !== "forbidden";
  }
}

describe("access", () => {
  let database: TestDatabase;
  let ctx: TestContext;
  beforeAll(async () => {
    database = await createTestDatabase();
    ctx = testContext(database);
    return async () => {
      await ctx[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    };
  });

  test("every procedure declares who may call it", () => {
    expect(procedures.length).toBeGreaterThan(40);
    const silent = procedures.filter(([, { _def }]) => !_def.meta?.access || !ACCESS.includes(_def.meta.access));
    expect(silent.map(([path]) => path)).toEqual([]);
    const open = procedures.filter(([, { _def }]) => _def.meta?.access === "public");
    expect(open.map(([path]) => path)).toEqual([
      ...["health.get", "identity.signInMethods"],
      ...["identity.startDeviceSignIn", "identity.pollDeviceSignIn"],
    ]);
    const archivers = procedures.filter(([, { _def }]) =>
      ["archiver", "runner-or-archiver"].includes(_def.meta?.access ?? ""),
    );
    expect(archivers.map(([path]) => path)).toEqual(["archive.missing", "archive.store"]);
  });

  test.each(Object.keys(CALLERS))("%s is admitted exactly where allowed", async (caller) => {
    const actor = CALLERS[caller] ?? null;
    const wrong: string[] = [];
    for (const [path, { _def }] of procedures) {
      const access = _def.meta?.access ?? "admin";
      const letIn = await isLetIn(path, _def.type, actor && ctx.as(actor));
      // A runner has no name: identity.me refuses it after admitting it.
      if (letIn !== mayCall(caller, access, path, _def.type)) wrong.push(`${path} (${access})`);
    }
    expect(wrong).toEqual([]);
  });

  test("reports the known fault of a caller instead of a missing token", async () => {
    const fault = new UnauthenticatedError("this token is unknown or has ended");
    const call = callTRPCProcedure({
      router: appRouter,
      path: "runs.list",
      type: "query",
      ctx: { requestId: "t", service: null, fault },
      getRawInput: async () => ({}),
      signal: undefined,
      batchIndex: 0,
    });
    await expect(call).rejects.toThrow(fault.message);
  });
});
