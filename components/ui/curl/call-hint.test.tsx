import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { NEW_TASK_CALL } from "@/components/queue/add/new-task-call";
import { CreateTaskInput } from "@/contract/queue";
import { CallHint } from "./call-hint";

test("an empty list names the call that fills it, complete and ready to send", () => {
  const html = renderToStaticMarkup(<CallHint label="Programs add them by" call={NEW_TASK_CALL} />);
  const shown = html.replaceAll("&quot;", '"');
  expect(shown).toContain(`POST /api/v1/queue/tasks ${JSON.stringify(NEW_TASK_CALL.body)}`);
  expect(shown).toContain(">Copy as curl</button>");
  expect(CreateTaskInput.safeParse(NEW_TASK_CALL.body).error).toBeUndefined();
  expect(renderToStaticMarkup(<CallHint label="Read it by" call={{ path: "/runs" }} />)).toContain("GET /api/v1/runs ");
});
