"use client";
import { Menu as Base } from "@base-ui/react/menu";
import { useEffect, useRef } from "react";
import { MenuParts, type MenuProps } from "./menu";

/** The menu itself, loaded when one is first asked for; it is open from its first moment. */
export function MenuPopup({
  trigger,
  children,
  align = "end",
  side = "bottom",
  isByKeys,
}: MenuProps & { isByKeys: boolean }) {
  const popup = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isByKeys) return;
    // After the popup has taken the focus itself: who opens a menu by keys stands on its first item, once it has any.
    let frame = requestAnimationFrame(function stand() {
      const items = popup.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]');
      if (items?.length === 0) frame = requestAnimationFrame(stand);
      else [...(items ?? [])].find((item) => item.dataset.disabled === undefined)?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [isByKeys]);
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      {/* A landmark of its own: a portal lies outside the page's. */}
      <Base.Portal render={<section aria-label="Menu" />}>
        <Base.Positioner side={side} sideOffset={4} align={align} className="z-50 outline-none">
          <Base.Popup ref={popup} className="min-w-44 rounded-lg border bg-raised p-1 shadow-pop outline-none">
            <MenuParts value={Base}>{children}</MenuParts>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
