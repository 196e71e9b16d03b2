"use client";
import { Menu as Base } from "@base-ui/react/menu";
import { MenuParts, type MenuProps } from "./menu";

/** The menu itself, loaded when one is first asked for; it is open from its first moment. */
export function MenuPopup({ trigger, children, align = "end", side = "bottom" }: MenuProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      {/* A landmark of its own: a portal lies outside the page's. */}
      <Base.Portal render={<section aria-label="Menu" />}>
        <Base.Positioner side={side} sideOffset={4} align={align} className="z-50 outline-none">
          <Base.Popup className="min-w-44 rounded-lg border bg-raised p-1 shadow-pop outline-none">
            <MenuParts value={Base}>{children}</MenuParts>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
