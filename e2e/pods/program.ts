import { execFileSync } from "node:child_process";
import { expect } from "@playwright/test";
import { type Pods, pods } from "./state";

// biome-ignore lint/suspicious/noExplicitAny: an outside program has no types of ours, only answers.
type Json = any;

const TURN_TIMEOUT_MS = 120_000;
/**
 * A pod that lost its network in the middle of a connection refuses nothing, and TCP by itself waits for it for minutes:
 * who only looks asks again long before, by a connection that leads to another.
 */
const LOOK_TIMEOUT_MS = 5_000;
const ORDER_TIMEOUT_MS = 60_000;

export type Program = ReturnType<typeof openProgram>;

/** A program that commands the product by REST, and looks at the cluster by kubectl. */
export function openProgram(at: Pick<Pods, "url" | "token" | "kubeconfig" | "namespace"> = pods()) {
  const { url, token, kubeconfig, namespace } = at;

  async function send(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(method === "GET" ? LOOK_TIMEOUT_MS : ORDER_TIMEOUT_MS),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async function ok(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await send(method, path, body);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(200);
    return answer.body;
  }

  return {
    send,
    ok,
    isUp: (): Promise<boolean> =>
      fetch(`${url}/readyz`, { signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) }).then(
        (answer) => answer.ok,
        () => false,
      ),
    kubectl: (...args: string[]) =>
      execFileSync("kubectl", ["--kubeconfig", kubeconfig, "--namespace", namespace, ...args], { encoding: "utf8" }),
    /** Names of objects of a kind. */
    list(kind: string, ...options: string[]): string[] {
      return this.kubectl("get", kind, "--output=name", ...options)
        .split("\n")
        .filter(Boolean);
    },
    run: (
      sessionId: string,
      executionPolicy: Record<string, unknown> = {},
      more: Record<string, unknown> = {},
    ): Promise<Json> =>
      ok("POST", "/runs", {
        ...more,
        backendProfile: "demo",
        sessionRef: { sessionId },
        executionPolicy: { idleTimeoutMs: 500, ...executionPolicy },
      }),
    turn: (runId: string, text: string): Promise<Json> =>
      ok("POST", `/runs/${runId}/commands`, { type: "turn", payload: { text } }),
    /** Waits for what an answer shows. */
    async until(path: string, isWanted: (body: Json) => boolean, timeout = TURN_TIMEOUT_MS): Promise<Json> {
      let last: Json;
      const look = async () => {
        // Cut off by a server that goes: the next look finds another.
        const answer = await send("GET", path).catch(() => null);
        last = answer?.body;
        return answer?.status === 200 && isWanted(last);
      };
      await expect.poll(look, { timeout, intervals: [250] }).toBe(true);
      return last;
    },
    async ended(runId: string, timeout?: number): Promise<Json> {
      return this.until(`/runs/${runId}`, (run) => run.terminalStatus !== null, timeout);
    },
    async events(runId: string): Promise<Json[]> {
      return (await ok("GET", `/runs/${runId}/events?limit=500`)).items;
    },
    /** What the commands of a run printed. */
    async outputs(runId: string): Promise<string[]> {
      const events = await this.events(runId);
      return events
        .filter((event: Json) => event.type === "command_output")
        .map((event: Json) => event.payload.text as string);
    },
    /** What the agent said in a run. */
    async said(runId: string): Promise<string> {
      const events = await this.events(runId);
      return events
        .filter((event: Json) => event.type === "assistant_message")
        .map((event: Json) => event.payload.text)
        .join("\n");
    },
  };
}
