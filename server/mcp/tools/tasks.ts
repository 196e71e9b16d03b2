import { COMMAND_PAYLOADS } from "@/contract/command";
import { OutputSchema } from "@/contract/output-schema";
import {
  CancelTaskInput,
  CreateTaskInput,
  GetTaskInput,
  ListTasksInput,
  type QueueTask,
  type QueueTaskDetail,
  type QueueTaskSummary,
  RetryTaskInput,
} from "@/contract/queue";
import { isTerminal, promptIn } from "@/contract/words";
import { brief, cut, defineTool, outputIn, rowLimit, type ToolAnswer, type ToolCall } from "@/server/mcp/tool";
import { everySecond, WaitSeconds, waitUntil } from "@/server/mcp/wait";

const PROMPT_MAX = 2_000;
const ATTEMPTS_TOLD = 5;

export const enqueueTask = defineTool({
  name: "enqueue_task",
  title: "Enqueue a task",
  description:
    "Adds a task to the queue: an agent of its profile does it in a session of its own as soon as the queue lets it, and failures that are no fault of the work are tried again. Answers the taskId for wait_for_task, get_task and explain_task.",
  nature: "adds",
  isForeign: true,
  needs: ["queue.createTask"],
  input: CreateTaskInput.pick({
    title: true,
    queue: true,
    lane: true,
    priority: true,
    backendProfile: true,
    sessionId: true,
    projectId: true,
    workspaceRef: true,
    executionPolicy: true,
    runAt: true,
    expiresAt: true,
    retry: true,
    idempotencyKey: true,
    dependsOn: true,
    onDependencyFailed: true,
    dependencyResults: true,
  }).extend({
    text: COMMAND_PAYLOADS.turn.shape.text.describe(
      "What the agent is to do, in plain words, with all it has to know.",
    ),
    outputSchema: OutputSchema.optional().describe(
      "A JSON Schema of the type object, where the answer is to be data: wait_for_task and get_task answer it as `output`.",
    ),
    priority: CreateTaskInput.shape.priority.describe("Higher goes first; 0 unless told."),
    sessionId: CreateTaskInput.shape.sessionId.describe("A session that the task goes on with; a new one unless told."),
    dependsOn: CreateTaskInput.shape.dependsOn.describe(
      "Tasks that are to be completed before this one starts, in the order in which their results are told where dependencyResults asks for them.",
    ),
    onDependencyFailed: CreateTaskInput.shape.onDependencyFailed.describe(
      "When one of those failed or was cancelled: `hold` waits for a person (unless told), `fail` fails too, `start` starts all the same.",
    ),
    dependencyResults: CreateTaskInput.shape.dependencyResults.describe(
      "`append` puts what those found out behind `text`, as data: their output, last message or failure, cut where it is long. `none` unless told.",
    ),
  }),
  async run({ api }, { text, outputSchema, ...input }) {
    const payload = { text, ...(outputSchema === undefined ? {} : { outputSchema }) };
    const task = await api.queue.createTask({ ...input, payload });
    return { ...briefTask(task), next: "wait_for_task, or explain_task to see what it waits for" };
  },
});

export const listTasks = defineTool({
  name: "list_tasks",
  title: "List tasks",
  description: "Lists the queue's tasks, the most urgent first, with what each waits for or how it ended.",
  nature: "reads",
  isForeign: true,
  needs: ["queue.listTasks"],
  input: ListTasksInput.pick({
    queue: true,
    lane: true,
    state: true,
    search: true,
    backendProfile: true,
    sessionId: true,
    failureKind: true,
    parked: true,
    sort: true,
    cursor: true,
  }).extend({ limit: rowLimit }),
  async run({ api }, input) {
    const { items, cursor } = await api.queue.listTasks(input);
    return { tasks: items.map(briefTask), cursor };
  },
});

export const getTask = defineTool({
  name: "get_task",
  title: "Get a task",
  description:
    "A task with what it asks of the agent, how it stands, its last attempts, and the session and run to read what was done.",
  nature: "reads",
  isForeign: true,
  needs: ["queue.getTask", "queue.listAttempts"],
  input: GetTaskInput.pick({ taskId: true }),
  async run({ api }, { taskId }) {
    const task = await api.queue.getTask({ taskId });
    const attempts = await api.queue.listAttempts({ taskId, limit: ATTEMPTS_TOLD });
    return {
      ...briefTask(task),
      text: cut(promptIn(task.payload) ?? JSON.stringify(task.payload), PROMPT_MAX),
      ...brief(task, ["failureMessage", "cancelReason", "runAt", "expiresAt", "version"]),
      ...outputIn(task),
      ...(task.dependsOn.length === 0 ? {} : brief(task, ["dependsOn", "dependencyResults"])),
      attempts: attempts.items.map((attempt) => ({
        ...brief(attempt, ["attempt", "state", "runId", "sessionId", "startedAt", "endedAt"]),
        ...brief(attempt, ["failureKind", "failureMessage"]),
      })),
    };
  },
});

export const waitForTask = defineTool({
  name: "wait_for_task",
  title: "Wait for a task",
  description:
    "Waits until a task is over, for 50 seconds at most, and answers how it stands. `isOver` false means that it is not done: call again, or explain_task where it still waits. Once it is over, read_session with its sessionId tells what was done.",
  nature: "reads",
  isForeign: true,
  needs: ["queue.getTask"],
  input: GetTaskInput.pick({ taskId: true }).extend({ seconds: WaitSeconds }),
  async run(call, { taskId, seconds }) {
    const outcome = await waitUntil(call, seconds, {
      read: () => lookAtTask(call, taskId),
      changes: (signal) => everySecond(call, signal),
    });
    const { isOver, task } = outcome;
    return { isOver, ...briefTask(task), ...brief(task, ["failureMessage"]), ...outputIn(task) };
  },
});

async function lookAtTask({ api }: ToolCall, taskId: string): Promise<{ task: QueueTaskDetail; isOver: boolean }> {
  const task = await api.queue.getTask({ taskId });
  return { task, isOver: isTerminal(task.state) };
}

export const explainTask = defineTool({
  name: "explain_task",
  title: "Explain a task",
  description:
    "Why a task waits: what keeps it, until when, which tasks hold what it waits for, its place in its lane, and when it will start by how fast the lane goes.",
  nature: "reads",
  isForeign: true,
  needs: ["queue.explain"],
  input: GetTaskInput.pick({ taskId: true }),
  run: async ({ api }, input) => ({ ...(await api.queue.explain(input)) }),
});

export const cancelTask = defineTool({
  name: "cancel_task",
  title: "Cancel a task",
  description: "Cancels a task: one that waits is never started, one that runs is ended.",
  nature: "destroys",
  isIdempotent: true,
  isForeign: true,
  needs: ["queue.cancelTask"],
  input: CancelTaskInput,
  run: async ({ api }, input) => briefTask(await api.queue.cancelTask(input)),
});

export const retryTask = defineTool({
  name: "retry_task",
  title: "Retry a task",
  description: "Has a task that failed or was cancelled tried again, or one that waits for its next try go now.",
  nature: "adds",
  isForeign: true,
  needs: ["queue.retryTask"],
  input: RetryTaskInput,
  run: async ({ api }, input) => briefTask(await api.queue.retryTask(input)),
});

export function briefTask(task: QueueTask | QueueTaskSummary): ToolAnswer {
  const blocker = "blocker" in task ? task.blocker : null;
  return {
    taskId: task.id,
    ...brief(task, ["title", "state", "queue", "lane", "priority", "backendProfile", "sessionId", "runId"]),
    ...brief(task, ["attemptCount", "failureKind", "deadLetter", "nextAttemptAt", "parkedUntil", "createdAt"]),
    ...(blocker === null ? {} : { waitsFor: blocker.message }),
  };
}
