"use client";
import type { Menu as Base } from "@base-ui/react/menu";
import { cloneElement, createContext, type MouseEvent, type ReactElement, type ReactNode, use, useState } from "react";
import { toast } from "sonner";
import { cn } from "@/components/ui/class-names";
import type { MenuPopup } from "./menu-popup";

export type MenuProps = {
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom";
};

type Parts = Pick<typeof Base, "CheckboxItem" | "Item" | "Separator">;

/** What a menu's items are made of, handed down by the menu, so that they are loaded with it. */
export const MenuParts = createContext<Parts | null>(null);

let loaded: Promise<typeof MenuPopup> | undefined;
function load(): Promise<typeof MenuPopup> {
  loaded ??= import("./menu-popup").then(
    (module) => module.MenuPopup,
    (error: unknown) => {
      // The next try may find the network, or the build, back.
      loaded = undefined;
      throw error;
    },
  );
  return loaded;
}

/**
 * A menu of actions below the element that opens it. What floats is a fifth of a page's script: it is loaded when a
 * menu's button is pointed at or focused, and no page waits for it.
 */
export function Menu(props: MenuProps) {
  const [opened, setOpened] = useState<{ Popup: typeof MenuPopup; isByKeys: boolean } | null>(null);
  if (opened !== null) return <opened.Popup {...props} isByKeys={opened.isByKeys} />;
  return cloneElement(props.trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onPointerEnter: () => void load().catch(() => undefined),
    onFocus: () => void load().catch(() => undefined),
    // A press of a key is a click of no button.
    onClick: ({ detail }: MouseEvent) =>
      void load().then(
        (Popup) => setOpened({ Popup, isByKeys: detail === 0 }),
        () => toast.error("Couldn't load the menu. Try again or reload the page."),
      ),
  });
}

export function useMenuParts(): Parts {
  const parts = use(MenuParts);
  if (parts === null) throw new Error("a menu's item needs a menu above it");
  return parts;
}

type ItemProps = { onSelect: () => void; children: ReactNode; isDanger?: boolean; isDisabled?: boolean };

export function MenuItem({ onSelect, children, isDanger, isDisabled }: ItemProps) {
  const { Item } = useMenuParts();
  return (
    <Item
      onClick={onSelect}
      disabled={isDisabled}
      className={cn(
        "flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-sm outline-none select-none data-highlighted:bg-hover data-disabled:text-ink-3",
        isDanger && "text-bad",
      )}
    >
      {children}
    </Item>
  );
}

export function MenuSeparator() {
  const { Separator } = useMenuParts();
  return <Separator className="my-1 h-px bg-line" />;
}
