import { useCanOperate, useIdentity, useIsOf } from "@/components/shell/identity";

/** What may be done to a tenant's budget: to change it takes an administrator, to raise it an operator. */
export function useBudgetPermissions(tenantId: string): { canChange: boolean; canRaise: boolean } {
  const isTheirs = useIsOf(tenantId);
  const isAdmin = useIdentity().role === "admin";
  const canOperate = useCanOperate();
  return { canChange: isTheirs && isAdmin, canRaise: isTheirs && canOperate };
}
