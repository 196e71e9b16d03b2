import { issueWords, namedIssue } from "@/components/ui/form/issue-words";
import type { ShownError } from "./errors";

type Issue = { path: string; message: string };

/** What of an input was refused, by the field's path and in words for people; none where something else was. */
export function issuesOf(error: ShownError): Issue[] {
  return rawIssues(error).map((issue) => ({ path: issue.path, message: issueWords(issue) }));
}

/** A refusal as one sentence, which names the field that it is about. */
export function messageOf(error: ShownError): string {
  const [first] = rawIssues(error);
  return first === undefined ? error.message : namedIssue(first);
}

function rawIssues(error: ShownError): Issue[] {
  const issues = error.details?.issues;
  if (!Array.isArray(issues)) return [];
  return issues.filter(
    (issue): issue is Issue => typeof issue?.path === "string" && typeof issue?.message === "string",
  );
}
