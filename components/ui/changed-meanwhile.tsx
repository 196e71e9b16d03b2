/**
 * Says in a dialog that somebody else has changed what it is to change. `isMerged`: only what the other has changed is
 * shown as it is now, beside what was typed here.
 */
export function ChangedMeanwhile({ isMerged = false }: { isMerged?: boolean }) {
  return (
    <p role="alert" className="rounded-md bg-warn-soft p-2 text-xs text-warn">
      It was changed meanwhile.{" "}
      {isMerged ? "What was changed is shown as it is now, beside what you typed" : "This is how it is now"}: change it
      again if you still want to.
    </p>
  );
}
