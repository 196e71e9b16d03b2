import type { z } from "zod";
import { WatchQueueInput, WatchRunInput, WatchRunsInput, WatchSessionsInput } from "@/contract/watch";
import type { ServiceContext } from "@/server/context";
import { InvalidInputError } from "@/server/errors";
import {
  ENDED,
  encodeFrame,
  type Live,
  openFeed,
  openRun,
  type Sink,
  startSeq,
  streamFeed,
  streamRun,
  watchCommands,
} from "@/server/live";
import { getRun } from "@/server/runs";
import { admit, inputFault, type ProcedureMeta, type TrpcContext } from "@/server/trpc/init";
import { readQuery, withParams } from "./input";
import { createMatcher, methodNotAllowed } from "./match";
import { procedureNamed } from "./procedures";
import { STREAM_ROUTES } from "./routes";

export type StreamRequest = { method: string; path: string; query: URLSearchParams; lastEventId: string | null };
/**
 * Writes the stream until it ends. null: nothing is left to send, and the answer makes an EventSource stop for good.
 */
export type OpenedStream = { write: (sink: Sink) => Promise<void> } | null;
type Opening = { ctx: ServiceContext; live: Live; signal: AbortSignal; input: Record<string, unknown> };

const match = createMatcher(STREAM_ROUTES);

/** Returns whether a path below `/api/v1` is that of a stream. */
export function isStreamPath(path: string): boolean {
  return path.endsWith("/watch") && match(path).length > 0;
}

/**
 * Checks a stream's request and prepares the stream. What it throws is answered as an error, before any byte of the
 * stream.
 */
export async function openRestStream(
  request: StreamRequest,
  ctx: TrpcContext,
  signal: AbortSignal,
): Promise<OpenedStream> {
  const [found] = match(request.path);
  if (!found || !ctx.live) throw new InvalidInputError("this is not a stream");
  if (request.method !== "GET") throw methodNotAllowed(["GET"]);
  const { route, params } = found;
  const { access } = procedureNamed(route.procedure)._def.meta as ProcedureMeta;
  if (access === "public") throw new Error(`${route.procedure} must say who may follow it`);
  const service = admit(access, { ctx, path: route.procedure, type: "subscription" });
  const input = withParams(readQuery(route.procedure, request.query), params);
  if (request.lastEventId) input.lastEventId = request.lastEventId;
  const opening = { ctx: service, live: ctx.live, signal, input };
  switch (route.procedure) {
    case "events.watch":
      return openEvents(opening);
    case "commands.watch":
      return openCommands(opening);
    case "runs.watch":
      return { write: feedWriter(await openFeed(service, ctx.live.runs, parse(WatchRunsInput, input), signal)) };
    case "sessions.watch":
      return {
        write: feedWriter(await openFeed(service, ctx.live.sessions, parse(WatchSessionsInput, input), signal)),
      };
    case "queue.watch":
      return { write: feedWriter(await openFeed(service, ctx.live.tasks, parse(WatchQueueInput, input), signal)) };
    default:
      throw new Error(`no stream is written for ${route.procedure}`);
  }
}

function feedWriter<Item>(feed: Awaited<ReturnType<typeof openFeed<Item>>>): (sink: Sink) => Promise<void> {
  return (sink) => streamFeed(feed, sink);
}

async function openEvents({ ctx, live, signal, input }: Opening): Promise<OpenedStream> {
  const watch = parse(WatchRunInput, input);
  const { seq, endSeq, isOver } = await openRun(ctx, watch);
  if (isOver && watch.lastEventId !== undefined) return null;
  return {
    write: (sink) =>
      new Promise((resolve, reject) => {
        let halt = () => {};
        const end = () => {
          halt();
          resolve();
        };
        if (isOver) {
          sink.write(ENDED);
          return end();
        }
        signal.addEventListener("abort", end, { once: true });
        const onEnd = () => {
          sink.write(ENDED);
          end();
        };
        streamRun(ctx, live, sink, { runId: watch.runId, afterSeq: seq, endSeq, onEnd, onFailure: reject }).then(
          (stop) => {
            halt = stop;
            if (signal.aborted) end();
          },
          reject,
        );
      }),
  };
}

async function openCommands({ ctx, live, signal, input }: Opening): Promise<OpenedStream> {
  const watch = parse(WatchRunInput, input);
  // Checked here as well, so that a refusal becomes an error answer rather than a stream that breaks.
  await getRun(ctx, { runId: watch.runId });
  startSeq(watch);
  const commands = watchCommands(ctx, live, watch, signal);
  return {
    async write(sink) {
      for await (const { id, command } of commands) {
        sink.write(encodeFrame({ id, data: command }));
        await sink.drained?.();
      }
      if (!signal.aborted) sink.write(ENDED);
    },
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw inputFault(parsed.error);
  return parsed.data;
}
