"use client";
import { useRouter } from "next/navigation";
import { LiveIndicator } from "@/components/live/status";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import { openPalette } from "./commands";
import { useIdentity } from "./identity";
import { navItems, ON_PHONE } from "./nav-items";
import { signOut } from "./sign-out";

/** Where a phone's bar has no room to lead to. */
export function MoreItems() {
  const isAdmin = useIdentity().role === "admin";
  return (
    <>
      <div className="px-2 py-1.5">
        <LiveIndicator isShort />
      </div>
      {navItems(isAdmin)
        .filter(({ href }) => !ON_PHONE.includes(href))
        .map(({ href, name }) => (
          <NavMenuItem key={href} href={href} name={name} />
        ))}
      <MenuSeparator />
      <MenuItem onSelect={openPalette}>Search or jump to…</MenuItem>
      <MenuItem onSelect={() => void signOut()}>Sign out</MenuItem>
    </>
  );
}

function NavMenuItem({ href, name }: { href: string; name: string }) {
  const router = useRouter();
  return <MenuItem onSelect={() => router.push(href)}>{name}</MenuItem>;
}
