"use client";
import { createContext, type ReactNode, use } from "react";
import { readerOf } from "./reader";

/** Who looks at the console. */
export type Identity = { name: string; role: string; tenantId: string | null };

const IdentityContext = createContext<Identity | null>(null);

export function IdentityProvider({ identity, children }: { identity: Identity; children: ReactNode }) {
  return <IdentityContext value={identity}>{children}</IdentityContext>;
}

export function useIdentity(): Identity {
  const identity = use(IdentityContext);
  if (identity === null) throw new Error("useIdentity needs an IdentityProvider above it");
  return identity;
}

/** The reader that this operator's unread marks are kept for. */
export function useReader(): string {
  return readerOf(useIdentity());
}

/** Whether this operator may change things, not only look. */
export function useCanOperate(): boolean {
  return useIdentity().role !== "viewer";
}

/** Whether this operator may set what is every tenant's. */
export function useRulesAll(): boolean {
  const { role, tenantId } = useIdentity();
  return role === "admin" && tenantId === null;
}

/** Whether a tenant's own is this operator's too; what is of all tenants is only of those who see them all. */
export function useIsOf(tenantId: string): boolean {
  const ownTenantId = useIdentity().tenantId;
  return ownTenantId === null || ownTenantId === tenantId;
}
