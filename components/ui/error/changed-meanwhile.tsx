/**
 * Says in a dialog that somebody else has changed what it is to change. `isMerged`: only what the other has changed is
 * shown as it is now, beside what was typed here.
 */
export function ChangedMeanwhile({ isMerged = false }: { isMerged?: boolean }) {
  return (
    <p role="alert" className="rounded-md bg-warn-soft p-2 text-xs text-warn">
      Someone else changed this in the meantime.{" "}
      {isMerged ? "Their changes are shown next to yours" : "The current values are shown"}. Review and save again.
    </p>
  );
}
