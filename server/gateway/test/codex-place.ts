import { rm } from "node:fs/promises";
import path from "node:path";
import { openRunnerSetup } from "@/server/test/runner-place";

type Place = Awaited<ReturnType<typeof openRunnerSetup>>;
type Attempt = Awaited<ReturnType<Place["launch"]>>;

/**
 * Opens a real runner with a real codex, whose model is asked as a file of profiles says. The file is removed with it.
 */
export async function openCodexPlace(bundle: string, profile: string, file: string) {
  const place = await openRunnerSetup(bundle, { AGENTRUN_BACKENDS: file });
  const started: { terminate: () => void; ended: Promise<unknown> }[] = [];
  const begin = (attempt: Attempt) => {
    const running = attempt.start();
    started.push(running);
    const turn = (id: string) => place.ok("GET", `/commands/${id}`);
    const state = async (id = attempt.turnId) => (await turn(id)).state as string;
    const order = async (type: string, payload: object) =>
      (await place.ok("POST", `/runs/${attempt.runId}/commands`, { type, payload })).id as string;
    const texts = async (type: string) => (await attempt.events(type)).map((payload) => String(payload.text));
    return { ...attempt, ...running, turn, state, order, texts };
  };
  return {
    place,
    begin,
    async start(text: string, idleTimeoutMs = 50) {
      const executionPolicy = { approval: "never", sandbox: "danger-full-access", idleTimeoutMs };
      return begin(await place.launch("ses_codex", text, { backendProfile: profile, executionPolicy }));
    },
    async [Symbol.asyncDispose]() {
      for (const { terminate } of started) terminate();
      await Promise.all(started.map(({ ended }) => ended));
      await place[Symbol.asyncDispose]();
      await rm(path.dirname(file), { recursive: true });
    },
  };
}
