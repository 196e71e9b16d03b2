export const dynamic = "force-dynamic";
export { serveModel as GET, serveModel as POST } from "@/server/http";
