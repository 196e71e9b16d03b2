"use client";
import { Sun } from "lucide-react";
import dynamic from "next/dynamic";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu/menu";
import { THEME_COOKIE, type Theme } from "./theme-names";

const YEAR_S = 31_536_000;
// There when the menu is first opened.
const ThemeItems = dynamic(() => import("./theme-items").then((module) => module.ThemeItems), { ssr: false });

/** Sets the theme at once, and for the next visits: the server writes it into <html>, so that nothing flashes. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that are supported here.
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
}

export function ThemeMenu() {
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <Button variant="ghost" size="icon-sm" aria-label="Theme">
          <Sun aria-hidden className="size-4" />
        </Button>
      }
    >
      <ThemeItems />
    </Menu>
  );
}
