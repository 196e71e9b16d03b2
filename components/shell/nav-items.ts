import {
  Activity,
  BookOpen,
  Bot,
  CalendarClock,
  ChartColumn,
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
  SquareStack,
  Webhook,
} from "lucide-react";
import { BUDGETS_ADDRESS, BULK_ADDRESS, WEBHOOKS_ADDRESS } from "./addresses";

export type NavItem = {
  key: string;
  name: string;
  href: string;
  icon: LucideIcon;
  /** A page beside its own that belongs to it. */
  alsoPath?: string;
  isForAdmins?: true;
};
type NavGroup = { name: string; items: readonly NavItem[] };

/** Where the console leads, in the order of the sidebar; the palette and the `g` shortcuts are made from it. */
export const NAV_GROUPS: readonly NavGroup[] = [
  {
    name: "Work",
    items: [
      { key: "o", name: "Overview", href: "/", icon: Gauge },
      { key: "a", name: "Approvals", href: "/approvals", icon: CircleCheckBig },
      { key: "s", name: "Sessions", href: "/sessions", icon: MessagesSquare, alsoPath: "/compare" },
      { key: "q", name: "Queue", href: "/queue", icon: ListOrdered },
      { key: "p", name: "Schedules", href: "/schedules", icon: CalendarClock },
      { key: "r", name: "Runs", href: "/runs", icon: Play },
    ],
  },
  {
    name: "Infrastructure",
    items: [
      { key: "n", name: "Runners", href: "/runners", icon: Bot },
      { key: "b", name: "Backends", href: "/backends", icon: Cpu },
      { key: "t", name: "Storage", href: "/storage", icon: HardDrive },
      { key: "h", name: "Status", href: "/status", icon: Activity },
    ],
  },
  {
    name: "Admin",
    items: [
      { key: "c", name: "Usage", href: "/usage", icon: ChartColumn },
      { key: "l", name: "Budgets", href: BUDGETS_ADDRESS, icon: PiggyBank },
      { key: "m", name: "Bulk actions", href: BULK_ADDRESS, icon: SquareStack },
      { key: "w", name: "Webhooks", href: WEBHOOKS_ADDRESS, icon: Webhook, isForAdmins: true },
      { key: "u", name: "Audit", href: "/audit", icon: ScrollText },
      { key: "e", name: "Settings", href: "/settings", icon: Settings },
      { key: "d", name: "Documentation", href: "/docs", icon: BookOpen },
    ],
  },
];

/** All of them that a reader has. */
export function navItems(isAdmin: boolean): NavItem[] {
  return NAV_GROUPS.flatMap(({ items }) => items).filter(({ isForAdmins }) => isAdmin || isForAdmins !== true);
}

/** The address of the item whose page, or one below it, is shown; of two the one that is nearer. */
export function currentHref(pathname: string): string | undefined {
  const isAt = (href: string | undefined) =>
    href !== undefined && (pathname === href || (href !== "/" && pathname.startsWith(`${href}/`)));
  const matching = navItems(true).filter(({ href, alsoPath }) => isAt(href) || isAt(alsoPath));
  return matching.sort((one, other) => other.href.length - one.href.length)[0]?.href;
}

/** What a phone has room for beside its menu: what somebody on the way looks for. */
export const ON_PHONE = ["/", "/sessions", "/queue", "/approvals"];
