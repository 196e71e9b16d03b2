import { z } from "zod";
import { InvalidInputError } from "@/server/errors";
import { forModels } from "@/server/mcp/schema";
import { cut, defineTool, type ToolAnswer } from "@/server/mcp/tool";
import { type CataloguedProcedure, callProcedure, inputSchemaOf, mayCall, procedureCatalog } from "@/server/rest";

const FOUND_MAX = 8;
/** Schemas are shown only of the few best matches. */
const DESCRIBED_MAX = 4;
const ANSWER_MAX = 30_000;

export const findProcedures = defineTool({
  name: "find_procedures",
  title: "Find procedures",
  description:
    "Looks for procedures of AgentRun's API by words, such as “schedule create” or “budget”: what there is beyond the other tools. Answers their names, whether they change something, and of the best what they take.",
  nature: "reads",
  needs: [],
  input: z.strictObject({ words: z.string().min(1).max(200).describe("Words, or the exact name of a procedure.") }),
  run: async ({ ctx }, { words }) => {
    const fitting = procedureCatalog()
      .filter(({ name, tellsSecret }) => !tellsSecret && mayCall(ctx, name))
      .map((procedure) => ({ procedure, score: scoreOf(procedure, words) }))
      .filter(({ score }) => score > 0)
      .sort((left, right) => right.score - left.score);
    return {
      procedures: fitting
        .slice(0, FOUND_MAX)
        .map(({ procedure }, index) => described(procedure, index < DESCRIBED_MAX)),
      ...(fitting.length > FOUND_MAX ? { more: fitting.length - FOUND_MAX } : {}),
    };
  },
});

function described({ name, summary, isMutation }: CataloguedProcedure, isWhole: boolean): ToolAnswer {
  return { name, summary, changesSomething: isMutation, ...(isWhole ? { input: forModels(inputSchemaOf(name)) } : {}) };
}

const wordsIn = (text: string) =>
  text
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);

/** Scores how well a procedure matches: its name counts most, then its summary, then its input's fields. */
function scoreOf({ name, summary }: CataloguedProcedure, words: string): number {
  if (name === words.trim()) return Number.MAX_SAFE_INTEGER;
  const weightedFields: [number, string[]][] = [
    [6, wordsIn(name)],
    [3, wordsIn(summary)],
    [1, Object.keys(inputSchemaOf(name).properties ?? {}).flatMap(wordsIn)],
  ];
  return wordsIn(words).reduce(
    (sum, word) =>
      sum + (weightedFields.find(([, fieldWords]) => fieldWords.some((one) => isNear(one, word)))?.[0] ?? 0),
    0,
  );
}

/** Whether two words are the same, or one begins with the other: “budget” and “budgets”. */
function isNear(word: string, other: string): boolean {
  return (
    word === other || (Math.min(word.length, other.length) > 2 && (word.startsWith(other) || other.startsWith(word)))
  );
}

export const callProcedureTool = defineTool({
  name: "call_procedure",
  title: "Call a procedure",
  description:
    "Calls one procedure of AgentRun's API by its name, with the input that find_procedures describes. Prefer the other tools where one fits. Streams cannot be followed here, and what tells secrets, such as a new token, is for people.",
  nature: "destroys",
  isForeign: true,
  needs: [],
  input: z.strictObject({
    name: z.string().min(1).max(100).describe("Such as schedules.list."),
    input: z.record(z.string(), z.unknown()).default({}).describe("What the procedure takes."),
  }),
  async run({ ctx, signal }, { name, input }) {
    const procedure = procedureCatalog().find((candidate) => candidate.name === name);
    if (!procedure) throw new InvalidInputError(`name: there is no procedure ${name} here: look with find_procedures`);
    if (procedure.tellsSecret)
      throw new InvalidInputError(`name: ${name} tells a secret, which no model may read: a person can call it`);
    const text = JSON.stringify((await callProcedure(name, input, { ctx, signal })) ?? null);
    if (text.length <= ANSWER_MAX) return { answer: JSON.parse(text) as unknown };
    return { isCut: true, answerText: cut(text, ANSWER_MAX), next: "ask for less, such as by a limit or a filter" };
  },
});
