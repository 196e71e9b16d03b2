import { expect, test } from "vitest";
import { pngOf, SMALL_IMAGES } from "@/contract/test/images";
import { RefusedError, UnreachableError } from "./control-plane";
import { LeaseLostError } from "./errors";
import { isEnded, makeMachine, type Started } from "./test/harness";
import { scriptedModel } from "./test/scripted-model";

type Item = { role?: string; content?: { type: string; text?: string; image_url?: string }[] };

/** The images in codex's requests to its model, once for each message that shows them. */
function imagesIn(request: unknown): string[] {
  const parts = (request as { input: Item[] }).input.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  return parts.flatMap(({ image_url }) => image_url ?? []);
}

const dataUrl = (bytes: Buffer, type = "image/png") => `data:${type};base64,${bytes.toString("base64")}`;

async function show({ controlPlane }: Pick<Started, "controlPlane">, text: string, attachments: string[]) {
  const turn = controlPlane.order("turn", { text, attachments });
  await controlPlane.until(`the end of ${text}`, () => isEnded(controlPlane.state(turn)));
  return controlPlane.state(turn);
}

test("a model receives the uploaded bytes in a turn, in later turns and in another attempt", async () => {
  await using machine = await makeMachine();
  const first = machine.start();
  const png = pngOf(64, 48);
  const jpeg = Buffer.from(SMALL_IMAGES["image/jpeg"], "base64");
  const ids = [first.controlPlane.attach(png, "one.png"), first.controlPlane.attach(jpeg, "two.jpg")];
  expect(await show(first, "what is this?", ids)).toMatchObject({ state: "completed" });
  expect(imagesIn(machine.model.requests.at(-1))).toEqual([dataUrl(png), dataUrl(jpeg, "image/jpeg")]);
  const [told] = first.controlPlane.payloads("user_message");
  expect(told).toMatchObject({
    text: "what is this?",
    attachments: [
      { id: ids[0], name: "one.png", mediaType: "image/png", sizeBytes: png.byteLength, width: 64, height: 48 },
      { id: ids[1], name: "two.jpg", mediaType: "image/jpeg", width: 16, height: 12 },
    ],
  });
  expect(JSON.stringify(first.controlPlane.events)).not.toContain(png.toString("base64").slice(0, 40));
  expect(first.controlPlane.payloads("assistant_message").at(-1)?.text).toContain(
    "I see 2 images: an image of 64 × 48 pixels (PNG), an image of 16 × 12 pixels (JPEG).",
  );
  // The attempt is lost, and with it everything it knew; the images are on no server any more.
  first.controlPlane.epoch += 1;
  expect(await first.ended).toMatchObject({ kind: "lost" });
  const second = machine.start({ assignment: first.controlPlane.run.assignment });
  expect(await show(second, "and now?", [])).toMatchObject({ state: "completed" });
  expect(imagesIn(machine.model.requests.at(-1))).toEqual([dataUrl(png), dataUrl(jpeg, "image/jpeg")]);
});

test("every accepted kind of image reaches the model", async () => {
  await using machine = await makeMachine();
  const started = machine.start();
  const kinds = Object.entries(SMALL_IMAGES).map(([kind, base64]) => {
    return { type: kind.startsWith("image/") ? kind : "image/webp", bytes: Buffer.from(base64, "base64") };
  });
  const ids = kinds.map(({ bytes }) => started.controlPlane.attach(bytes));
  await show(started, "all of these", ids);
  // codex turns a GIF, which may be animated, into a still picture.
  const expected = kinds.map(({ type, bytes }) =>
    type === "image/gif" ? expect.stringMatching(/^data:image\/png;/) : dataUrl(bytes, type),
  );
  expect(imagesIn(machine.model.requests.at(-1))).toEqual(expected);
});

test("an image of a steer reaches the model, and is reported as the steer's", async () => {
  let asks = 0;
  await using machine = await makeMachine(
    scriptedModel(() => {
      asks += 1;
      return asks === 1 ? { name: "exec_command", arguments: { cmd: "sleep 3", yield_time_ms: 30_000 } } : "done";
    }),
  );
  const started = machine.start();
  const { controlPlane } = started;
  const turn = controlPlane.order("turn", { text: "wait" });
  await controlPlane.until("the command", () => controlPlane.payloads("command_execution").length > 0);
  const png = pngOf(20, 10);
  const id = controlPlane.attach(png);
  const steer = controlPlane.order("steer", { text: "look at this too", attachments: [id] });
  await controlPlane.until("the end", () => isEnded(controlPlane.state(turn)));
  expect(controlPlane.state(steer).state).toBe("completed");
  expect(imagesIn(machine.model.requests.at(-1))).toEqual([dataUrl(png)]);
  expect(controlPlane.payloads("user_message").at(-1)).toMatchObject({ isSteer: true, attachments: [{ id }] });
});

test("a cut-off turn sends its images again when codex had stored nothing of them", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "not sent" });
  turn.state = "acknowledged";
  const id = `img_${"7".repeat(32)}`;
  const cutOffTurn = { commandId: turn.id, text: "what is it?", attachments: [id] };
  const second = machine.start({ assignment: { ...controlPlane.run.assignment, cutOffTurn } });
  second.controlPlane.commands.push({ ...turn });
  const png = pngOf(12, 8);
  const { attachment } = second.controlPlane.images.get(second.controlPlane.attach(png)) ?? {};
  if (attachment) second.controlPlane.images.set(id, { attachment: { ...attachment, id }, bytes: png });
  await second.controlPlane.until("its end", () => isEnded(second.controlPlane.state(turn)));
  expect(imagesIn(machine.model.requests.at(-1))).toEqual([dataUrl(png)]);
});

test("a cut-off turn sends its schema with its images", async () => {
  await using machine = await makeMachine();
  const { controlPlane } = machine.start();
  const turn = controlPlane.order("turn", { text: "not sent" });
  turn.state = "acknowledged";
  const outputSchema = { type: "object", properties: { verdict: { type: "string" } }, required: ["verdict"] };
  const png = pngOf(14, 6);
  const { assignment } = controlPlane.run;
  const cutOffTurn = { commandId: turn.id, text: "judge", attachments: [`img_${"8".repeat(32)}`], outputSchema };
  const second = machine.start({ assignment: { ...assignment, cutOffTurn } });
  const { attachment } = second.controlPlane.images.get(second.controlPlane.attach(png)) ?? {};
  const [id = ""] = cutOffTurn.attachments;
  if (attachment) second.controlPlane.images.set(id, { attachment: { ...attachment, id }, bytes: png });
  second.controlPlane.commands.push({ ...turn });
  await second.controlPlane.until("its end", () => isEnded(second.controlPlane.state(turn)));
  expect(imagesIn(machine.model.requests.at(-1))).toEqual([dataUrl(png)]);
  expect(second.controlPlane.state(turn)).toMatchObject({
    ...{ state: "completed", output: { verdict: expect.any(String) } },
  });
});

test("a lease lost while a steer's image is fetched ends the attempt, and does not fail the steer", async () => {
  await using machine = await makeMachine(
    scriptedModel(() => ({ name: "exec_command", arguments: { cmd: "sleep 30", yield_time_ms: 30_000 } })),
  );
  const { controlPlane, ended } = machine.start();
  controlPlane.order("turn", { text: "wait" });
  await controlPlane.until("the command", () => controlPlane.payloads("command_execution").length > 0);
  controlPlane.getAttachment = () => Promise.reject(new LeaseLostError("a later epoch holds the lease"));
  const steer = controlPlane.order("steer", { text: "look", attachments: [controlPlane.attach(pngOf(3, 3))] });
  expect(await ended).toMatchObject({ kind: "lost", message: "a later epoch holds the lease" });
  expect(controlPlane.state(steer)).toMatchObject({ state: "acknowledged", failureMessage: null });
});

test("a missing or altered image fails only its own message, with the reason", async () => {
  await using machine = await makeMachine();
  const started = machine.start();
  const { controlPlane } = started;
  const gone = await show(started, "gone", [`img_${"0".repeat(32)}`]);
  expect(gone).toMatchObject({ state: "failed", failureKind: "infra-failed" });
  expect(gone.failureMessage).toContain("could not be fetched: there is no attachment");
  expect(gone.acknowledgedAt).toBeNull();
  const broken = controlPlane.attach(pngOf(9, 9));
  const image = controlPlane.images.get(broken);
  if (image) controlPlane.images.set(broken, { ...image, bytes: pngOf(9, 9, 1) });
  const failed = await show(started, "broken", [broken]);
  expect(failed).toMatchObject({ state: "failed", failureKind: "infra-failed" });
  expect(failed.failureMessage).toContain("did not come as it was uploaded");
  expect(machine.model.requests).toEqual([]);
  expect(await show(started, "and without?", [])).toMatchObject({ state: "completed" });
});

test("a download without an answer is retried, and an interrupt does not wait for it", async () => {
  await using machine = await makeMachine();
  const started = machine.start();
  const { controlPlane } = started;
  const id = controlPlane.attach(pngOf(5, 5));
  const get = controlPlane.getAttachment.bind(controlPlane);
  let tries = 0;
  controlPlane.getAttachment = async (input) => {
    tries += 1;
    if (tries < 3) throw new UnreachableError("no answer");
    return get(input);
  };
  expect(await show(started, "look", [id])).toMatchObject({ state: "completed" });
  expect(tries).toBe(3);
  let asked = () => {};
  const waiting = new Promise<void>((resolve) => {
    asked = resolve;
  });
  controlPlane.getAttachment = (_input, opts) => {
    asked();
    return new Promise((_, reject) => {
      opts?.signal?.addEventListener("abort", () => reject(new RefusedError("aborted", "given up")));
    });
  };
  const turn = controlPlane.order("turn", { text: "never sent", attachments: [id] });
  await waiting;
  const interrupt = controlPlane.order("interrupt", {});
  await controlPlane.until(
    "the end",
    () => isEnded(controlPlane.state(turn)) && isEnded(controlPlane.state(interrupt)),
  );
  expect(controlPlane.state(turn)).toMatchObject({ state: "cancelled", failureMessage: "interrupted" });
  expect(JSON.stringify(machine.model.requests)).not.toContain("never sent");
});
