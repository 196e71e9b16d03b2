import process from "node:process";
import { createInterface } from "node:readline";
import { type Act, type Answer, answer } from "./acts";
import { type FaultSetup, openContext } from "./context";
import type { Subject } from "./subjects";

export type Order = { id: number; act: Act; subject: Subject };
export type Reply = { id: number; answer: Answer };

const setup: FaultSetup = JSON.parse(process.argv[2] ?? "");
const opened = openContext(setup);

/** Carries out orders until its input ends. A refusal is an answer; any other error ends the process. */
for await (const line of createInterface({ input: process.stdin })) void obey(JSON.parse(line));
await opened[Symbol.asyncDispose]();

async function obey({ id, act, subject }: Order): Promise<void> {
  const reply: Reply = { id, answer: await answer(opened, act, subject) };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
