import {
  Activity,
  BookOpen,
  Bot,
  CalendarClock,
  CircleCheckBig,
  Cpu,
  Gauge,
  HardDrive,
  ListOrdered,
  type LucideIcon,
  MessagesSquare,
  PiggyBank,
  Play,
  ScrollText,
  Settings,
} from "lucide-react";

export type NavItem = {
  key: string;
  name: string;
  href: string;
  icon: LucideIcon;
  hint: string;
  /** A page beside its own that belongs to it. */
  also?: string;
};

/** Where the console leads; the palette and the `g` shortcuts are made from it. */
export const NAV_ITEMS: NavItem[] = [
  { key: "o", name: "Overview", href: "/", icon: Gauge, hint: "What needs you first" },
  {
    ...{ key: "s", name: "Sessions", href: "/sessions", icon: MessagesSquare, hint: "Conversations with agents" },
    also: "/compare",
  },
  { key: "q", name: "Queue", href: "/queue", icon: ListOrdered, hint: "Work that waits, and why" },
  { key: "p", name: "Schedules", href: "/schedules", icon: CalendarClock, hint: "Work that comes by the clock" },
  { key: "a", name: "Approvals", href: "/approvals", icon: CircleCheckBig, hint: "What agents ask for" },
  { key: "r", name: "Runs", href: "/runs", icon: Play, hint: "Every piece of work" },
  { key: "n", name: "Runners", href: "/runners", icon: Bot, hint: "Processes that drive agents" },
  { key: "b", name: "Backends", href: "/backends", icon: Cpu, hint: "How agents are started" },
  { key: "l", name: "Budgets", href: "/budgets", icon: PiggyBank, hint: "What models may cost" },
  { key: "t", name: "Storage", href: "/storage", icon: HardDrive, hint: "Volumes and their archive" },
  { key: "u", name: "Audit", href: "/audit", icon: ScrollText, hint: "Who did what", also: "/bulk" },
  { key: "h", name: "Status", href: "/status", icon: Activity, hint: "Health of the parts" },
  { key: "e", name: "Settings", href: "/settings", icon: Settings, hint: "Tokens, theme, limits" },
  { key: "d", name: "Documentation", href: "/docs", icon: BookOpen, hint: "How all of it works" },
];

/** Whether an item's page, or one below it, is shown. */
export function isCurrent(item: NavItem, pathname: string): boolean {
  const isAt = (href: string) => pathname === href || (href !== "/" && pathname.startsWith(`${href}/`));
  return isAt(item.href) || (item.also !== undefined && isAt(item.also));
}
