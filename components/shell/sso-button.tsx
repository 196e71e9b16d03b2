import { LogIn } from "lucide-react";
import { buttonStyle } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { SSO_PATH } from "@/contract/sso";

/** Leads to the provider at which people sign in; the server sends them there, so it is no page of the console. */
export function SsoButton({ label, next }: { label: string; next: string }) {
  return (
    <a
      href={`${SSO_PATH}?next=${encodeURIComponent(next)}`}
      className={cn(buttonStyle({ variant: "primary" }), "h-10 w-full whitespace-normal")}
    >
      <LogIn aria-hidden className="size-4" />
      Sign in with {label}
    </a>
  );
}
