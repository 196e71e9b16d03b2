export const dynamic = "force-dynamic";
export { serveTrpc as GET, serveTrpc as POST } from "@/server/http";
