export const dynamic = "force-dynamic";
export { serveSso as GET } from "@/server/http";
