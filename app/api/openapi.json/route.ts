export const dynamic = "force-dynamic";
export { serveOpenApi as GET } from "@/server/http";
