// The one GET that changes something, because that is what schedulers send; it takes its own secret alone.
export const dynamic = "force-dynamic";
export { serveCronGc as GET } from "@/server/http";
