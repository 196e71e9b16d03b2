import type { Conversation, ImageInfo } from "./conversation";
import { conclusion, exitCodeOf, lastOutput, printed, wasRefused } from "./outputs";
import { sampleOf } from "./sample";

export type ToolCall = {
  name: "exec_command" | "write_stdin" | "spawn_agent" | "wait_agent";
  namespace?: string;
  arguments: Record<string, unknown>;
};

/** One answer of the model: it may think, speak, then call a tool or fail. */
export interface Step {
  thinking?: string;
  say?: string;
  call?: ToolCall;
  fail?: { code: string; message: string };
}

interface Scenario {
  /** What the console offers to type. */
  hint: string;
  test: RegExp;
  step: (conversation: Conversation, done: number) => Step;
}

const LONG_STEPS = 8;

function exec(cmd: string, more: Record<string, unknown> = {}): ToolCall {
  return { name: "exec_command", arguments: { cmd, yield_time_ms: 30_000, ...more } };
}

function callAgents(name: "spawn_agent" | "wait_agent", args: Record<string, unknown>): ToolCall {
  return { name, namespace: "multi_agent_v1", arguments: args };
}

const PATCH_ADD = `apply_patch <<'PATCH'
*** Begin Patch
*** Add File: hello.py
+import sys
+
+
+def greet(name):
+    return "Hello, " + name
+
+
+print(greet(sys.argv[1] if len(sys.argv) > 1 else "world"))
*** End Patch
PATCH`;

const PATCH_UPDATE = `apply_patch <<'PATCH'
*** Begin Patch
*** Update File: hello.py
@@
 def greet(name):
-    return "Hello, " + name
+    """Greets one person, or everybody when no name is given."""
+    return f"Hello, {name or 'everybody'}!"
*** End Patch
PATCH`;

const SCENARIOS: Scenario[] = [
  {
    hint: "**Ask me for approval**: a command that waits for your decision",
    test: /\b(approv\w*|permission|ask me|ask first|allow)\b/i,
    step: (conversation, done) => {
      if (done === 0)
        return {
          thinking: "**Asking first**\n\nThis command leaves the sandbox, so a person should decide.",
          say: "I would like to run a command outside the sandbox. Please look at it and decide.",
          call: exec("date -u > approved.txt && cat approved.txt", {
            sandbox_permissions: "require_escalated",
            justification: "May I write the current time to approved.txt, outside the sandbox?",
          }),
        };
      if (wasRefused(conversation))
        return {
          say: "The command was **not** run: you declined it, or this run's policy allows no questions. I leave it at that.",
        };
      return { say: `Thank you. It ran, and approved.txt now says:\n\n${printed(conversation)}` };
    },
  },
  {
    hint: "**Run into the usage limit**: a queue task that meets it is parked",
    test: /\b(usage limit|quota)\b/i,
    step: () => ({
      fail: {
        code: "insufficient_quota",
        message: "The demo model's usage limit is reached, because you asked for it. Another message works again.",
      },
    }),
  },
  {
    hint: "**Fail**: the model breaks off with an error",
    test: /\b(fail|error|break|crash)\w*\b/i,
    step: () => ({
      fail: {
        code: "invalid_prompt",
        message:
          "The demo model failed on purpose, because you asked it to. The session stays usable: send another message.",
      },
    }),
  },
  {
    hint: "**Do something long**: eight slow steps, to steer or interrupt",
    test: /\b(long|slow|steer|interrupt|steps|count)\b/i,
    step: (conversation, done) => {
      const wantsEnd = conversation.newSteers.some((text) => /\b(stop|enough|finish|wrap up|end)\b/i.test(text));
      if (wantsEnd) return { say: `I stop here, after ${done} of ${LONG_STEPS} steps, as you asked.` };
      if (done >= LONG_STEPS) return { say: `All ${LONG_STEPS} steps are done.` };
      const thinking =
        done === 0
          ? "**Planning the work**\n\nEight small steps, one after the other, so that there is time to steer."
          : undefined;
      const say =
        done === 0
          ? `This takes ${LONG_STEPS} steps of about two seconds. Steer me with a message at any time, or interrupt me.`
          : undefined;
      return { thinking, say, call: exec(`sleep 2 && echo "step ${done + 1} of ${LONG_STEPS} is done"`) };
    },
  },
  {
    hint: "**Write a file**: a patch, shown as a diff, then a change to it",
    test: /\b(write|edit|patch|file|change|code|program|script|diff)\b/i,
    step: (conversation, done) => {
      if (done === 0)
        return {
          thinking: "**Writing a small program**\n\nFirst a version that works, then a better one.",
          say: "I write a small program, `hello.py`.",
          call: exec(PATCH_ADD),
        };
      if (wasRefused(conversation))
        return { say: `The change was refused, so I stop here:\n\n${printed(conversation)}` };
      if (done === 1) return { say: "It greets, but only stiffly. I improve it.", call: exec(PATCH_UPDATE) };
      if (done === 2) return { say: "Let me see what is there now.", call: exec("cat hello.py") };
      return { say: `Done: \`hello.py\` was written and then improved.\n\n${printed(conversation, "python")}` };
    },
  },
  {
    hint: "**Delegate**: a sub-agent does a part of the work, in a thread of its own",
    test: /\b(delegate|sub-?agents?)\b/i,
    step: (conversation, done) => {
      if (done === 0)
        return {
          thinking: "**Handing it on**\n\nCounting needs nothing of what we talked about, so another can do it.",
          say: "I hand the counting to a sub-agent.",
          call: callAgents("spawn_agent", { message: "RUN `sleep 2; ls | wc -l`" }),
        };
      const spawned = /"agent_id":"([^"]+)"/.exec(lastOutput(conversation))?.[1];
      if (spawned !== undefined) return { call: callAgents("wait_agent", { targets: [spawned], timeout_ms: 60_000 }) };
      const [, words = ""] = /"completed":("(?:[^"\\]|\\.)*")/.exec(lastOutput(conversation)) ?? [];
      if (words === "") return { say: `The sub-agent did not get it done:\n\n${printed(conversation, "json")}` };
      return { say: `The sub-agent is done. It says:\n\n${JSON.parse(words) as string}` };
    },
  },
  {
    hint: "**List the workspace**: a tool call with its output",
    test: /\b(list|look|ls|tool|workspace|folder|files)\b/i,
    step: (conversation, done) =>
      done === 0
        ? { thinking: "**Looking around**", say: "Let me look at the workspace.", call: exec("pwd && ls -la") }
        : { say: `This is what I see:\n\n${printed(conversation)}` },
  },
  {
    hint: "**Show markdown**: headings, a table, a list and code",
    test: /\b(markdown|table|format)\b/i,
    step: () => ({
      say: [
        "## A table\n\n| part | what it does |\n| --- | --- |\n| session | keeps the conversation |\n| run | is one piece of work |\n| lease | says who may write |",
        "## A list\n\n1. It survives a restart.\n2. It survives a *killed* agent.\n3. It survives a lost volume.",
        '## Code\n\n```ts\nconst session = await sessions.create({ backendProfile: "demo" });\n```',
      ].join("\n\n"),
    }),
  },
];

/** What the model does next in this turn. */
export function nextStep(conversation: Conversation): Step {
  const step = withImages(
    conversation,
    withSteers(conversation, withPolling(conversation) ?? chooseStep(conversation)),
  );
  const isLast = step.say !== undefined && step.call === undefined;
  if (!isLast || conversation.outputSchema == null) return step;
  return { ...step, say: JSON.stringify(sampleOf(conversation.outputSchema)) };
}

function withSteers(conversation: Conversation, step: Step): Step {
  if (conversation.newSteers.length === 0) return step;
  const acknowledgement = `You added: ${conversation.newSteers.map((text) => `“${text}”`).join(" and ")}. I take it into account.`;
  if (conversation.hasConcluded && step.call === undefined) return { say: acknowledgement };
  return { ...step, say: step.say === undefined ? acknowledgement : `${acknowledgement}\n\n${step.say}` };
}

/** Says first what it was shown, so that a person sees that it came. */
function withImages({ newImages }: Conversation, step: Step): Step {
  if (newImages.length === 0 || step.fail) return step;
  const [first] = newImages;
  const imageText =
    newImages.length === 1 && first !== undefined
      ? `I see ${describeImage(first)}.`
      : `I see ${newImages.length} images: ${newImages.map(describeImage).join(", ")}.`;
  return { ...step, say: step.say === undefined ? imageText : `${imageText}\n\n${step.say}` };
}

function describeImage(image: ImageInfo): string {
  if (image === null) return "an image";
  const kind = image.mediaType.slice("image/".length).toUpperCase();
  return `an image of ${image.width} × ${image.height} pixels (${kind})`;
}

// A command that outlasts its yield time goes on in the background: the model waits for it.
function withPolling(conversation: Conversation): Step | undefined {
  const session = /session ID (\d+)/.exec(lastOutput(conversation))?.[1];
  if (session === undefined || exitCodeOf(lastOutput(conversation)) !== undefined) return undefined;
  return {
    call: { name: "write_stdin", arguments: { session_id: Number(session), chars: "", yield_time_ms: 30_000 } },
  };
}

function chooseStep(conversation: Conversation): Step {
  const done = conversation.outputs.filter((output) => output.tool !== "write_stdin").length;
  const commands = [...conversation.opening.matchAll(/\b(RUN|ASK) `([^`]+)`/g)];
  if (commands.length > 0) {
    const [, verb, cmd = ""] = commands[done] ?? [];
    if (verb === undefined) return { say: conclusion(conversation) };
    return {
      call: exec(
        cmd,
        verb === "ASK" ? { sandbox_permissions: "require_escalated", justification: `May I run ${cmd}?` } : {},
      ),
    };
  }
  const scenario = SCENARIOS.find((candidate) => candidate.test.test(conversation.opening));
  return scenario ? scenario.step(conversation, done) : { say: smallTalk(conversation) };
}

function smallTalk(conversation: Conversation): string {
  const count = conversation.earlier.length;
  const memory =
    count === 0
      ? "This is the first message of our conversation."
      : `I remember ${count} earlier ${count === 1 ? "message" : "messages"} of yours. The first was “${shorten(conversation.earlier[0])}”${count > 1 ? `, the latest “${shorten(conversation.earlier.at(-1))}”` : ""}.`;
  const [, listedResults] = /\n\n(1\. [\s\S]*)/.exec(conversation.handed ?? "") ?? [];
  const results = listedResults === undefined ? "" : ` I was told what came before: “${shorten(listedResults)}”.`;
  const ideas = SCENARIOS.map((scenario) => `- ${scenario.hint}`).join("\n");
  return `You said: “${shorten(conversation.opening)}”. ${memory}${results}\n\nI am the demo agent: the real \`codex\`, with a scripted model behind it. No key and no network are needed. Things to try:\n\n${ideas}\n- **RUN \`uname -a\`** (with the backquotes): any command you like`;
}

function shorten(text = ""): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
