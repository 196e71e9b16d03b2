import { toast } from "sonner";

/** How long what was just done can be taken back by a press. */
const UNDO_MS = 10_000;

/** Says what was done, and offers to take it back. */
export function toastUndo(message: string, undo: () => void): void {
  toast.success(message, { duration: UNDO_MS, action: { label: "Undo", onClick: undo } });
}
