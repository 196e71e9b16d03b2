import { Button } from "@/components/ui/button";

type ShowAllProps = {
  count: number;
  /** As many are shown at first; no more than these, and there is nothing to ask for. */
  shown: number;
  isWhole: boolean;
  onChange: (isWhole: boolean) => void;
};

/** Asks for the rest of a short list, or folds it away again. */
export function ShowAll({ count, shown, isWhole, onChange }: ShowAllProps) {
  if (count <= shown) return null;
  return (
    <Button size="sm" variant="ghost" aria-expanded={isWhole} onClick={() => onChange(!isWhole)}>
      {isWhole ? "Show fewer" : `Show all ${count}`}
    </Button>
  );
}
