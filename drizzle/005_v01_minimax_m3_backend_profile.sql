INSERT INTO "agentrun_backends" ("profile", "capabilities", "capacity", "health") VALUES
	('minimax-m3', '{"protocol":"codex-app-server-jsonrpc-stdio","transport":"stdio","command":"codex app-server --listen stdio://"}', '{"mode":"manual-runner-v0.1"}', '{"status":"registered"}')
ON CONFLICT ("profile") DO NOTHING;
