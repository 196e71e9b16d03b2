import { Columns2 } from "lucide-react";
import { Button } from "@/components/ui/button";

/** Leads from two chosen sessions to both side by side. */
export function CompareButton({ onClick }: { onClick: () => void }) {
  return (
    <Button size="sm" onClick={onClick}>
      <Columns2 aria-hidden className="size-3.5" /> Compare
    </Button>
  );
}
