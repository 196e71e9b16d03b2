import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { expect, test } from "vitest";
import { ADMIN_TOKEN } from "@/server/test/web";
import type { AppRouter } from "@/server/trpc/types";
import { type Json, readError, startProgram, uniqueName } from "./program";

const program = startProgram();
const of = (frame: { data: unknown }) => frame.data as Json;

async function append(runId: string, ...texts: string[]): Promise<void> {
  const events = texts.map((text) => ({ type: "assistant_message", payload: { text } }));
  await program().post(`/runs/${runId}/events`, { events });
}

test("streams events from the first, by seq, until the run's terminal event", async () => {
  const run = await program().run();
  await append(run.id, "a");
  await using stream = await program().watch(`/runs/${run.id}/events/watch`);
  expect(stream.status).toBe(200);
  await stream.until((frames) => frames.length >= 2);
  await append(run.id, "b", "c");
  await stream.until((frames) => frames.length >= 4);
  await program().post(`/runs/${run.id}/cancel`);
  await stream.ended;
  const frames = stream.frames.filter((frame) => frame.id !== null);
  const stored = await program().events(run.id);
  expect(frames.map(of)).toEqual(stored);
  expect(frames.map((frame) => Number(frame.id))).toEqual(stored.map((event) => event.seq));
});

test("Last-Event-ID resumes after that event without loss or duplicates", async () => {
  const run = await program().run();
  await append(run.id, "1", "2", "3");
  const first = await program().watch(`/runs/${run.id}/events/watch`);
  await first.until((frames) => frames.length >= 3);
  const lastId = first.frames[2]?.id ?? "";
  first.close();
  await append(run.id, "4");
  await using second = await program().watch(`/runs/${run.id}/events/watch`, { "last-event-id": lastId });
  await append(run.id, "5");
  await second.until((frames) => frames.length >= 3);
  expect(second.frames.map((frame) => of(frame).seq)).toEqual([4, 5, 6]);
  await using after = await program().watch(`/runs/${run.id}/events/watch?afterSeq=5`);
  await after.until((frames) => frames.length >= 1);
  expect(of(after.frames[0] ?? { data: null }).seq).toBe(6);
});

test("a reader that has all events of an ended run gets 204", async () => {
  const run = await program().run();
  await program().post(`/runs/${run.id}/cancel`);
  const { lastSeq } = await program().get(`/runs/${run.id}/events`);
  await using done = await program().watch(`/runs/${run.id}/events/watch`, { "last-event-id": String(lastSeq) });
  expect(done.status).toBe(204);
  await using whole = await program().watch(`/runs/${run.id}/events/watch`);
  await whole.ended;
  expect(whole.frames.filter((frame) => frame.id !== null)).toHaveLength(lastSeq);
});

test("refuses an id that a stream never issued before sending anything", async () => {
  const run = await program().run();
  for (const [path, ids] of [
    [`/runs/${run.id}/events/watch`, ["x", "-1", "1.5", "99999", "99999999999999999999"]],
    [`/runs/${run.id}/commands/watch`, ["x", "-1", "9999999999"]],
    ["/sessions/watch", ["x", "7", "W10"]],
    ["/queue/watch", ["x", Buffer.from('["a","b","c",1]').toString("base64url")]],
  ] as const)
    for (const lastId of ids) {
      const answer = await program().send("GET", `/api/v1${path}`, { headers: { "last-event-id": lastId } });
      expect([400, 410], `${path} ${lastId}`).toContain(answer.status);
      expect(readError(answer).failureKind).toBe("schema-invalid");
    }
  const missing = await program().send("GET", "/api/v1/runs/run_nobody/events/watch");
  expect(missing.status).toBe(404);
  readError(missing);
});

test("streams commands as they are created, and ends with the run", async () => {
  const run = await program().run();
  const first = await program().turn(run.id, "one");
  await using stream = await program().watch(`/runs/${run.id}/commands/watch`);
  await stream.until((frames) => frames.length >= 1);
  const second = await program().turn(run.id, "two");
  await stream.until((frames) => frames.length >= 2);
  expect(stream.frames.map((frame) => of(frame).id)).toEqual([first.id, second.id]);
  await using resumed = await program().watch(`/runs/${run.id}/commands/watch`, { "last-event-id": "1" });
  await resumed.until((frames) => frames.length >= 1);
  expect(of(resumed.frames[0] ?? { data: null }).id).toBe(second.id);
  await program().post(`/runs/${run.id}/cancel`);
  await stream.ended;
});

test("streams sessions and tasks as they change, and a resumed feed continues where it was", async () => {
  const first = await program().watch("/sessions/watch");
  const made = [uniqueName("ses"), uniqueName("ses"), uniqueName("ses")];
  for (const sessionId of made.slice(0, 2)) await program().post("/sessions", { sessionId, backendProfile: "codex" });
  const ids = (frames: { data: unknown }[]) => frames.map((frame) => of(frame).sessionId);
  await first.until((frames) => ids(frames).includes(made[1]));
  const lastId = first.lastId ?? "";
  first.close();
  await program().post("/sessions", { sessionId: made[2], backendProfile: "codex" });
  await using second = await program().watch("/sessions/watch", { "last-event-id": lastId });
  await second.until((frames) => ids(frames).includes(made[2]));
  expect(ids(second.frames)).not.toContain(made[0]);
  await program().ok("DELETE", `/sessions/${made[2]}`);
  await second.until((frames) => frames.some((frame) => of(frame).kind === "deleted"));

  await using tasks = await program().watch("/queue/watch?queue=watched");
  const body = { title: "t", backendProfile: "codex", payload: {} };
  await program().post("/queue/tasks", { ...body, queue: "other" });
  const task = await program().post("/queue/tasks", { ...body, queue: "watched" });
  await tasks.until((frames) => frames.length >= 1);
  await program().post(`/queue/tasks/${task.id}/cancel`);
  await tasks.until((frames) => frames.some((frame) => of(frame).task.state === "cancelled"));
  expect(new Set(tasks.frames.map((frame) => of(frame).taskId))).toEqual(new Set([task.id]));
});

test("a typed subscription resumes from the last id that it received", async () => {
  const client = createTRPCClient<AppRouter>({
    links: [
      httpSubscriptionLink({
        url: `${program().web.url}/api/trpc`,
        EventSource,
        eventSourceOptions: () => ({
          fetch: (url: string | URL, init: RequestInit) =>
            fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${ADMIN_TOKEN}` } }),
        }),
      }),
    ],
  });
  const run = await program().run();
  await append(run.id, "a", "b");
  const follow = (lastEventId: string | undefined, count: number) =>
    new Promise<number[]>((resolve, reject) => {
      const seqs: number[] = [];
      const subscription = client.events.watch.subscribe(
        { runId: run.id, ...(lastEventId === undefined ? {} : { lastEventId }) },
        {
          onData({ id, data }) {
            expect(id).toBe(String(data.seq));
            seqs.push(data.seq);
            if (seqs.length < count) return;
            subscription.unsubscribe();
            resolve(seqs);
          },
          onError: reject,
        },
      );
    });
  expect(await follow(undefined, 3)).toEqual([1, 2, 3]);
  const waiting = follow("3", 2);
  await append(run.id, "c", "d");
  expect(await waiting).toEqual([4, 5]);
});
