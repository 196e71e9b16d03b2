import { useIdentity } from "@/components/shell/identity";
import { revealHidden } from "@/components/ui/hidden-characters";
import { EmptyState } from "@/components/ui/page";

/** What anybody else is told in the place of webhooks. */
export function AdminsOnly() {
  const { name, role } = useIdentity();
  return (
    <EmptyState title="Webhooks need the admin role">
      You are signed in as {revealHidden(name)}, whose role is {role}: this needs the role admin.
    </EmptyState>
  );
}
