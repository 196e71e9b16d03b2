import { Ellipsis } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Menu } from "./menu";

type ActionsMenuProps = {
  /** What its button is read out as: `Actions on run_1`. */
  label: string;
  size?: "icon" | "icon-sm";
  isDisabled?: boolean;
  children: ReactNode;
};

/** What can be done to something, behind one button, which lies above a row that is a link as a whole. */
export function ActionsMenu({ label, size = "icon-sm", isDisabled, children }: ActionsMenuProps) {
  return (
    <Menu
      trigger={
        <Button variant="ghost" size={size} className="relative z-10" disabled={isDisabled} aria-label={label}>
          <Ellipsis aria-hidden className="size-4" />
        </Button>
      }
    >
      {children}
    </Menu>
  );
}
