export const dynamic = "force-dynamic";
export { serveSegment as GET, serveSegment as PUT } from "@/server/http";
