import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { claimRun, createRun } from "@/server/runs";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb } from "@/server/test/web";
import { RefusedError, UnreachableError } from "./control-plane";
import { makeMachine } from "./test/harness";
import { connectControlPlane } from "./trpc-control-plane";

test("an archive without space is not retried within a turn", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const ctx = web.as(ADMIN);
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_full" } });
  const { leaseEpoch } = await claimRun(ctx, { runId: run.id, runnerId: "runner_1" });
  // The error of a write to a full disk; a test cannot fill a disk.
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const { serviceFor } = web.wiring;
  web.wiring.serviceFor = (...args) => {
    const ctx = serviceFor(...args);
    return { ...ctx, archive: { ...ctx.archive, put: () => Promise.reject(full) } };
  };
  const controlPlane = connectControlPlane({ url: web.url, launchToken: ADMIN_TOKEN });
  const bytes = Buffer.from("x");
  const digest = createHash("sha256").update(bytes).digest("hex");

  const put = controlPlane.putSegment({ runId: run.id, leaseEpoch, digest, bytes });
  await expect(put).rejects.toBeInstanceOf(RefusedError);
  await expect(put).rejects.toMatchObject({ reason: "storage-full", message: expect.stringContaining("no space") });
});

test("an archive that does not answer costs a warning, and the session continues", async () => {
  await using machine = await makeMachine();
  const { controlPlane, ended } = machine.start({ executionPolicy: { idleTimeoutMs: 100 } }, { archiveAwayMaxMs: 300 });
  controlPlane.putSegment = () => Promise.reject(new UnreachableError("the archive is away"));
  controlPlane.order("turn", { text: "hello" });
  await controlPlane.until("the first turn's end", () => controlPlane.commands[0]?.state === "completed");
  const second = controlPlane.order("turn", { text: "hello again" });

  expect(await ended).toEqual({ kind: "completed" });
  expect(controlPlane.state(second).state).toBe("completed");
  expect(controlPlane.payloads("warning")[0]).toMatchObject({
    code: "archive-unreachable",
    message: expect.stringContaining("was not archived"),
  });
});

test.each(["terminate", "lose"] as const)(
  "an archive that does not answer does not delay an attempt's end: %s",
  async (how) => {
    await using machine = await makeMachine();
    const { controlPlane, ended, terminate } = machine.start();
    const asked = new Promise<void>((resolve) => {
      controlPlane.putSegment = (_input, opts) => {
        resolve();
        return new Promise((_, reject) =>
          opts?.signal?.addEventListener("abort", () => reject(new UnreachableError("given up"))),
        );
      };
    });
    controlPlane.order("turn", { text: "hello" });
    await asked;
    if (how === "lose") controlPlane.epoch += 1;
    else terminate();

    expect(await ended).toMatchObject({ kind: how === "lose" ? "lost" : "released" });
  },
);
