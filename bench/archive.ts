import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { sendVolume } from "@/runner/send-volume";
import { connectControlPlane } from "@/runner/trpc-control-plane";
import { claimRun, createRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import { testContext } from "@/server/test/context";
import { emptyCache, type PackCache, volumeLayout } from "@/volume";
import { startBenchDatabase } from "./database";
import { startWeb, TOKEN } from "./web";

// What a turn's archive costs where the session holds 100 MB: all of it at first, then what the turn changed, then what
// an archiver sends, which reads everything anew. AGENTRUN_ARCHIVE and the bucket's variables reach web as they are set.
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const LARGE_FILES = 60;
const SMALL_FILES = 2_400;
const LINE = `${JSON.stringify({ type: "response_item", payload: { text: "what was said, and done, ".repeat(16) } })}\n`;

const parent = path.resolve("test-results", "bench");
mkdirSync(parent, { recursive: true });
await using database = await startBenchDatabase();
await using ctx = testContext(database);
await using web = await startWeb(database.url);
for (let round = 1; round <= ROUNDS; round += 1) await measureSession(`ses_bench_${Date.now()}`, round);

async function measureSession(sessionId: string, round: number): Promise<void> {
  await createSession(ctx, { sessionId, backendProfile: "codex" });
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_bench" });
  const controlPlane = connectControlPlane({ url: web.url, launchToken: TOKEN });
  const dir = mkdtempSync(path.join(parent, "volume-"));
  const layout = volumeLayout(dir, "sessions");
  const cache = emptyCache();

  async function archive(what: string, known: PackCache): Promise<void> {
    let [segments, bytes] = [0, 0];
    const startedAt = performance.now();
    const packed = await sendVolume(layout, known, {
      missing: (digests) => controlPlane.missingSegments({ sessionId, leaseEpoch, digests }),
      async upload(segment) {
        await controlPlane.putSegment({ runId, leaseEpoch, ...segment });
        segments += 1;
        bytes += segment.bytes.length;
      },
    });
    if (!packed) throw new Error("the server lost segments");
    const head = { sessionId, runId, leaseEpoch, attemptId: "att_bench", threadId: null, turnId: null } as const;
    const times = { format: 1, createdAt: new Date().toISOString(), rolloutSubdir: "sessions" } as const;
    const manifest = { ...head, ...times, ...packed };
    await controlPlane.commitManifest({ runId, leaseEpoch, manifest });
    const seconds = (performance.now() - startedAt) / 1_000;
    const sent = `${megabytes(bytes)} MB in ${segments} segments, ${megabytes(JSON.stringify(manifest).length)} MB of manifest`;
    console.log(
      `  ${round}  ${what.padEnd(34)} ${megabytes(packed.sizeBytes)} MB, ${packed.filesCount} files: sent ${sent}, ${seconds.toFixed(2)} s`,
    );
  }

  try {
    fill(layout);
    await archive("the first turn's", cache);
    change(layout);
    await archive("the second turn's", cache);
    await archive("a turn's that changed nothing", cache);
    await archive("an archiver's, of the same volume", emptyCache());
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(2);
}

type Layout = ReturnType<typeof volumeLayout>;

function rolloutOf({ rolloutsDir }: Layout): string {
  return path.join(rolloutsDir, "2026", "rollout.jsonl");
}

function largeOf({ workspaceDir }: Layout, index: number): string {
  return path.join(workspaceDir, `large-${index}.bin`);
}

function smallOf({ workspaceDir }: Layout, index: number): string {
  return path.join(workspaceDir, "src", String(index % 40), `file-${index}.ts`);
}

/** A rollout of 24 MB, 60 MB in large files that nothing compresses, 16 MB in small ones. */
function fill(layout: Layout): void {
  mkdirSync(path.dirname(rolloutOf(layout)), { recursive: true });
  writeFileSync(rolloutOf(layout), LINE.repeat(Math.ceil(24_000_000 / LINE.length)));
  for (let folder = 0; folder < 40; folder += 1)
    mkdirSync(path.join(layout.workspaceDir, "src", String(folder)), { recursive: true });
  for (let index = 0; index < LARGE_FILES; index += 1) writeFileSync(largeOf(layout, index), randomBytes(1_000_000));
  for (let index = 0; index < SMALL_FILES; index += 1) writeFileSync(smallOf(layout, index), source());
}

/** A turn's work: it says 200 KB, writes one large file and ten small ones. */
function change(layout: Layout): void {
  appendFileSync(rolloutOf(layout), LINE.repeat(Math.ceil(200_000 / LINE.length)));
  writeFileSync(largeOf(layout, 7), randomBytes(1_000_000));
  for (let index = 0; index < 10; index += 1) writeFileSync(smallOf(layout, index * 100), source());
}

/** Text that compresses as sources do, to about a third. */
function source(): string {
  return Array.from({ length: 130 }, () => `const name = value("${randomBytes(10).toString("hex")}"); // why\n`).join(
    "",
  );
}
