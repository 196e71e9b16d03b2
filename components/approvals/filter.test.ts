import { expect, test } from "vitest";
import { APPROVAL_QUERY } from "@/contract/query/approvals";
import { type ApprovalFilter, approvalsFilter, approvalsInput, filterWords } from "./filter";

const NONE = APPROVAL_QUERY.none;

test("waiting approvals are listed oldest first, decided ones newest first", () => {
  expect(approvalsInput(NONE)).toEqual({ status: "pending", sort: "oldest" });
  expect(approvalsInput({ ...NONE, status: "applied" })).toEqual({ status: "applied" });
});

test("an action on all matches uses the list's filter, also in its description", () => {
  const filter: ApprovalFilter = { ...NONE, kind: "command", project: "shop" };
  expect(approvalsFilter(filter)).toEqual({ status: "pending", kind: "command", projectId: "shop" });
  expect(filterWords(filter)).toBe("every request for commands (waiting), project shop");
  expect(filterWords(NONE)).toBe("every request (waiting)");
});
