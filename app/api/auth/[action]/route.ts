export const dynamic = "force-dynamic";
export { serveAuth as POST } from "@/server/http";
