"use client";
import { LogOut } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { StaleBar } from "@/components/live/stale-bar";
import { LiveIndicator } from "@/components/live/status";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Menu } from "@/components/ui/menu/menu";
import { Commands, openPalette } from "./commands";
import { useIdentity } from "./identity";
import { useNotedList } from "./list-address";
import { Logo } from "./logo";
import { currentHref, NAV_GROUPS, type NavItem, navItems, ON_PHONE } from "./nav-items";
import { PendingCount } from "./pending-count";
import { signOut } from "./sign-out";
import { ThemeMenu } from "./theme";

// There when the menu is first opened.
const MoreItems = dynamic(() => import("./more-items").then((module) => module.MoreItems), { ssr: false });

/** The console's frame: where one can go, who one is, whether what is shown is live. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <div className="flex h-dvh flex-col lg:flex-row">
      <a
        href="#main"
        className="sr-only z-50 rounded bg-accent-fill p-2 text-on-accent focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <SideBar />
      <main id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-hidden outline-none">
        <div className="flex h-full min-h-0 flex-col">
          <StaleBar />
          <div className="min-h-0 flex-1">{children}</div>
        </div>
      </main>
      <PhoneBar />
      <Commands />
      <NotedList />
    </div>
  );
}

/** Apart from what it notes for, so that a change of the address draws nothing of the frame anew. */
function NotedList() {
  useNotedList();
  return null;
}

function SideBar() {
  const here = currentHref(usePathname());
  const identity = useIdentity();
  const isAdmin = identity.role === "admin";
  return (
    <div className="hidden w-52 shrink-0 flex-col border-r bg-panel lg:flex">
      <header>
        <Link href="/" className="flex h-13 items-center gap-2 px-4 font-semibold tracking-tight">
          <Logo className="size-6" /> AgentRun
        </Link>
        <div className="px-3 pb-2">
          <Button
            variant="plain"
            className="w-full justify-between px-2 font-normal text-ink-3"
            size="sm"
            onClick={openPalette}
          >
            Search…
            <kbd className="shrink-0 rounded border px-1 text-2xs">Ctrl K</kbd>
          </Button>
        </div>
      </header>
      <nav aria-label="Main" className="scroll-thin flex min-h-0 flex-1 flex-col gap-3 overflow-y-auto px-2 pb-2">
        {NAV_GROUPS.map(({ name, items }) => (
          <ul key={name} aria-label={name} className="flex flex-col gap-0.5">
            <li aria-hidden className="px-2 pb-0.5 text-xs font-medium text-ink-3">
              {name}
            </li>
            {items.map(
              (item) =>
                (isAdmin || item.isForAdmins !== true) && (
                  <li key={item.href}>
                    <SideLink item={item} isHere={item.href === here} />
                  </li>
                ),
            )}
          </ul>
        ))}
      </nav>
      <footer className="flex flex-col gap-2 border-t px-4 py-2.5">
        <LiveIndicator />
        <div className="flex items-center gap-1">
          <span
            className="min-w-0 flex-1 truncate text-xs text-ink-2"
            title={`${revealHidden(identity.name)}, ${identity.role}`}
          >
            {revealHidden(identity.name)}
          </span>
          <ThemeMenu />
          <Button variant="ghost" size="icon-sm" aria-label="Sign out" onClick={() => void signOut()}>
            <LogOut aria-hidden className="size-4" />
          </Button>
        </div>
      </footer>
    </div>
  );
}

function SideLink({ item: { icon: Icon, name, href }, isHere }: { item: NavItem; isHere: boolean }) {
  return (
    <Link
      href={href}
      aria-current={isHere ? "page" : undefined}
      className={cn(
        "flex h-7.5 items-center gap-2.5 rounded-md px-2 text-sm text-ink-2 hover:bg-hover hover:text-ink",
        isHere && "bg-accent-soft font-medium text-ink",
      )}
    >
      <Icon aria-hidden className={cn("size-4", isHere ? "text-accent" : "text-ink-3")} />
      {name}
      {href === "/approvals" && <PendingCount className="ml-auto" />}
    </Link>
  );
}

function PhoneBar() {
  const here = currentHref(usePathname());
  const shown = ON_PHONE.flatMap((href) => navItems(false).filter((item) => item.href === href));
  return (
    <nav
      aria-label="Main"
      className="flex shrink-0 items-stretch border-t bg-panel pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {shown.map((item) => {
        const Icon = item.icon;
        const isHere = item.href === here;
        return (
          <Link
            key={item.href}
            href={item.href}
            aria-current={isHere ? "page" : undefined}
            className={cn(
              "relative flex flex-1 flex-col items-center gap-0.5 py-1.5 text-2xs text-ink-2",
              isHere && "font-medium text-accent",
            )}
          >
            <Icon aria-hidden className="size-5" />
            {item.name}
            {item.href === "/approvals" && <PendingCount className="absolute top-1 left-1/2 ml-1" />}
          </Link>
        );
      })}
      <Menu
        side="top"
        trigger={
          <button
            type="button"
            className={cn(
              "flex flex-1 flex-col items-center gap-0.5 py-1.5 text-2xs text-ink-2",
              here !== undefined && !ON_PHONE.includes(here) && "font-medium text-accent",
            )}
          >
            <span aria-hidden className="flex size-5 items-center justify-center text-base leading-none">
              ⋯
            </span>
            More
          </button>
        }
      >
        <MoreItems />
      </Menu>
    </nav>
  );
}
