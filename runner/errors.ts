/** Another holds the lease: end the agent at once and write nothing more. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** The agent could not do its part; the run fails as `backend-failed` with this message. */
export class BackendFailedError extends Error {
  override readonly name: string = "BackendFailedError";
}

/** The process of codex is gone. */
export class AppServerExitedError extends BackendFailedError {
  override readonly name = "AppServerExitedError";
  constructor(
    readonly exitReason: string,
    readonly outputTail: string,
  ) {
    super(`codex app-server ${exitReason}${outputTail === "" ? "" : `; last output: ${outputTail.slice(-1_500)}`}`);
  }
}

/** codex did not answer a request in time. */
export class CodexTimeoutError extends BackendFailedError {
  override readonly name = "CodexTimeoutError";
  constructor(method: string, timeoutMs: number, outputTail: string) {
    super(
      `codex did not answer ${method} within ${timeoutMs} ms${outputTail === "" ? "" : `; last output: ${outputTail.slice(-1_500)}`}`,
    );
  }
}

/** codex answered a request with an error. */
export class CodexRequestError extends Error {
  override readonly name = "CodexRequestError";
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
