import { toast } from "sonner";
import { beforeEach, expect, test } from "vitest";
import { toastError, toastProblem } from "./error-toast";

beforeEach(() => void toast.dismiss());

test("what went wrong stands, with its request, until somebody has read it and closes it", () => {
  toastError(new Error("the volume is in use"));
  toastProblem("demo: no answer");
  const shown = toast.getToasts();
  expect(shown).toHaveLength(2);
  for (const notice of shown) {
    expect(notice).toMatchObject({ type: "error", duration: Number.POSITIVE_INFINITY, closeButton: true });
  }
  expect(shown.map((notice) => "title" in notice && notice.title)).toEqual(["the volume is in use", "demo: no answer"]);
});

test("the same problem again is told once, so that its repetitions hide nothing else", () => {
  toastProblem("demo: no answer");
  toastProblem("demo: no answer");
  expect(toast.getToasts()).toHaveLength(1);
});
