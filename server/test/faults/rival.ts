import process from "node:process";
import { createInterface } from "node:readline";
import { isAgentRunError } from "@/server/errors";
import { ACTS, type Act } from "./acts";
import { inTenant, openContext, type Place } from "./context";
import type { Subject } from "./subjects";

export type Order = { id: number; act: Act; subject: Subject };
export type Answer = { id: number } & ({ value: unknown } | { refused: { failureKind: string; message: string } });

const place: Place = JSON.parse(process.argv[2] ?? "");
const opened = openContext(place);

/** Does what it is told until its input ends; only a refusal is an answer, anything else ends it. */
for await (const line of createInterface({ input: process.stdin })) void obey(JSON.parse(line));
await opened[Symbol.asyncDispose]();

async function obey({ id, act, subject }: Order): Promise<void> {
  const answer = await ACTS[act](inTenant(opened, subject.tenantId), subject).then(
    (value) => ({ id, value }),
    (error: unknown) => {
      if (!isAgentRunError(error)) throw error;
      return { id, refused: { failureKind: error.failureKind, message: error.message } };
    },
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
