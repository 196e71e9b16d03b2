"use client";
import { Contrast, type LucideIcon, Monitor, Moon, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { MenuItem } from "@/components/ui/menu/menu";
import { setTheme } from "./theme";
import { THEME_NAMES, THEMES, type Theme } from "./theme-names";

const ICONS: Record<Theme, LucideIcon> = { system: Monitor, light: Sun, dark: Moon, contrast: Contrast };

export function ThemeItems() {
  const router = useRouter();
  return THEMES.map((theme) => {
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
  });
}
