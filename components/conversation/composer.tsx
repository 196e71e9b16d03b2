"use client";
import { ChevronDown, CornerDownLeft, OctagonPause, Send, Waypoints, XCircle } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { type KeyboardEvent, useCallback, useState } from "react";
import { ImageButton } from "@/components/images/image-button";
import { PickedStrip } from "@/components/images/picked-strip";
import { useImageIntake, usePickedImages } from "@/components/images/use-images";
import { storageAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Menu, MenuItem } from "@/components/ui/menu/menu";
import type { Run } from "@/contract/run";
import type { Session } from "@/contract/session";
import { Deliveries } from "./deliveries";
import { useComposer } from "./use-composer";
import { useSpot } from "./use-spot";

const CancelRunDialog = dynamic(() => import("@/components/runs/cancel-run").then((module) => module.CancelRunDialog), {
  ssr: false,
});

type ComposerProps = { session: Session; openRun: Run | null; lastRun: Run | null; isDeleted: boolean };

/** Where an operator speaks: a turn when the agent is idle, a steer while it works, and the button that interrupts. */
export function Composer({ session, openRun, lastRun, isDeleted }: ComposerProps) {
  const composer = useComposer({ session, openRun, lastRun, isDeleted });
  const { leave } = useSpot();
  const [isCancelling, setIsCancelling] = useState(false);
  const { draft, text, isBusy, refusal } = composer;
  const canOperate = useCanOperate();
  const { images } = draft;
  const { list: picked } = usePickedImages(images);
  const add = useCallback(
    (files: File[]) => void images.add(files, { sessionId: session.sessionId }),
    [images, session.sessionId],
  );
  const { isDraggedOver, onPaste } = useImageIntake({ isOn: refusal === null, add });
  const canSend = text.trim() !== "" && !composer.isSending && refusal === null;

  async function submit(kind: "turn" | "steer"): Promise<void> {
    if (!canSend) return;
    if (!(await composer.send(kind))) return;
    // What comes of it is shown, whatever was gone to before.
    leave();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    // On a touch keyboard Enter is the only way to a new line.
    if (window.matchMedia("(pointer: coarse)").matches && !event.metaKey && !event.ctrlKey) return;
    event.preventDefault();
    void submit(isBusy ? "steer" : "turn");
  }

  return (
    <form
      className="border-t bg-panel px-4 py-3"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(isBusy ? "steer" : "turn");
      }}
    >
      <div className="mx-auto flex w-full max-w-3xl flex-col gap-2">
        <Deliveries commands={composer.commands} />
        <ErrorNote error={composer.error} className="px-3 py-1.5" />
        {refusal !== null && (
          <p className="flex flex-wrap items-center gap-x-3 rounded-md bg-warn-soft px-3 py-1.5 text-xs text-warn">
            {refusal}
            {canOperate && !isDeleted && (
              <Link href={storageAddress(session.sessionId)} className="leading-6 font-medium underline">
                Open storage
              </Link>
            )}
          </p>
        )}
        <div
          className={cn(
            "rounded-lg border border-line-strong bg-raised focus-within:outline-2 focus-within:outline-accent",
            isDraggedOver && "border-dashed border-accent bg-accent-soft",
          )}
        >
          <PickedStrip images={images} className="px-3 pt-3" />
          <textarea
            aria-label="Message"
            placeholder={isBusy ? "Steer the running turn…" : "Tell the agent what to do…"}
            rows={Math.min(8, Math.max(2, text.split("\n").length))}
            value={text}
            disabled={refusal !== null}
            onChange={(event) => draft.write(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            className="block w-full resize-none bg-transparent px-3 pt-2.5 text-sm leading-relaxed outline-none placeholder:text-ink-3 max-sm:text-base"
          />
          <div className="flex items-center gap-2 px-2 pb-2">
            <ImageButton isDisabled={refusal !== null} onPick={add} />
            <p className="mr-auto hidden items-center gap-1 text-2xs text-ink-3 sm:flex">
              {picked.length > 0 && text.trim() === "" ? (
                "Add a message to send with the images"
              ) : (
                <>
                  <CornerDownLeft aria-hidden className="size-3" /> to {isBusy ? "steer" : "send"} · Shift+Enter for a
                  new line
                </>
              )}
            </p>
            {isBusy && (
              <Button
                size="sm"
                className="max-sm:mr-auto"
                onClick={() => composer.interrupt()}
                disabled={composer.isInterrupting || !composer.canInterrupt}
                title="Stops the turn; the run goes on"
              >
                <OctagonPause aria-hidden className="size-3.5" />{" "}
                {composer.isInterrupting ? "Interrupting…" : "Interrupt"}
              </Button>
            )}
            {isBusy && composer.canInterrupt && openRun !== null && (
              <Menu
                align="start"
                trigger={
                  <Button size="icon-sm" variant="ghost" aria-label="More ways to stop">
                    <ChevronDown aria-hidden className="size-3.5" />
                  </Button>
                }
              >
                <MenuItem isDanger onSelect={() => setIsCancelling(true)}>
                  <XCircle aria-hidden className="size-3.5" /> Cancel run…
                </MenuItem>
              </Menu>
            )}
            {isBusy && (
              <Button
                size="sm"
                variant="ghost"
                disabled={!canSend}
                onClick={() => void submit("turn")}
                title="Sent when the running turn ends"
              >
                Queue next
              </Button>
            )}
            <Button size="sm" variant="primary" className="max-sm:ml-auto" type="submit" disabled={!canSend}>
              {isBusy ? <Waypoints aria-hidden className="size-3.5" /> : <Send aria-hidden className="size-3.5" />}
              {composer.isSending ? "Sending…" : isBusy ? "Steer" : "Send"}
            </Button>
          </div>
        </div>
      </div>
      {isCancelling && openRun !== null && <CancelRunDialog run={openRun} isOpen onOpenChange={setIsCancelling} />}
    </form>
  );
}
