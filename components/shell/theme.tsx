"use client";
import { Contrast, type LucideIcon, Monitor, Moon, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { THEME_COOKIE, THEME_NAMES, THEMES, type Theme } from "./theme-names";

const YEAR_S = 31_536_000;
const ICONS: Record<Theme, LucideIcon> = { system: Monitor, light: Sun, dark: Moon, contrast: Contrast };

/** Sets the theme at once, and for the next visits: the server writes it into <html>, so that nothing flashes. */
export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that are supported here.
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
}

export function ThemeMenu() {
  const router = useRouter();
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <Button look="ghost" size="icon-sm" aria-label="Theme">
          <Sun aria-hidden className="size-4" />
        </Button>
      }
    >
      {THEMES.map((theme) => {
        const Icon = ICONS[theme];
        return (
          <MenuItem
            key={theme}
            onSelect={() => {
              setTheme(theme);
              router.refresh();
            }}
          >
            <Icon aria-hidden className="size-3.5" /> {THEME_NAMES[theme]}
          </MenuItem>
        );
      })}
    </Menu>
  );
}
