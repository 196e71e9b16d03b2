/**
 * Says in a dialog that somebody else has changed what it is to change: what the other has changed is shown as it is now,
 * beside what was typed here.
 */
export function ChangedMeanwhile() {
  return (
    <p role="alert" className="rounded-md bg-warn-soft p-2 text-xs text-warn">
      Someone else changed this in the meantime. Their changes are shown next to yours. Review and save again.
    </p>
  );
}
