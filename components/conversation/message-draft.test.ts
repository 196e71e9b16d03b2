import { expect, test } from "vitest";
import { MessageDraft } from "./message-draft";

const fails = () => "failed";

test("a message that was sent while nobody showed it is gone from its field, and sent once", async () => {
  const draft = new MessageDraft();
  draft.write("hello");
  const { id } = draft;
  let finish: () => void = () => undefined;
  const sent: string[] = [];
  const first = draft.send(async (text) => {
    sent.push(text);
    await new Promise<void>((resolve) => (finish = resolve));
  }, fails);
  expect(draft.read()).toMatchObject({ text: "hello", isSending: true });
  expect(await draft.send(async (text) => void sent.push(text), fails), "pressed again").toBe(false);
  draft.write("hello there");

  finish();
  expect(await first).toBe(true);
  expect(sent).toEqual(["hello"]);
  expect(draft.read()).toEqual({ text: " there", isSending: false, error: null });
  expect(draft.id).not.toBe(id);

  await draft.send(async () => undefined, fails);
  expect(draft.read().text).toBe("");
});

test("a message that was not taken stays under its id, with why", async () => {
  const draft = new MessageDraft();
  draft.write("hello");
  const { id } = draft;
  let told = 0;
  const stop = draft.subscribe(() => (told += 1));
  expect(await draft.send(() => Promise.reject(new Error("away")), fails)).toBe(false);
  stop();
  expect(told).toBe(2);
  expect(draft.read()).toEqual({ text: "hello", isSending: false, error: "failed" });
  expect(draft.id).toBe(id);
});

test("a message that is tried again is changed once anything else was tried under its id", () => {
  const draft = new MessageDraft();
  draft.noteTry("hello");
  draft.noteTry("hello");
  expect(draft.isChanged).toBe(false);
  draft.noteTry("hello again");
  draft.noteTry("hello");
  expect(draft.isChanged).toBe(true);
  draft.renew();
  draft.noteTry("hello again");
  expect(draft.isChanged).toBe(false);
});
