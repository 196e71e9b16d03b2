/** Whether a URL's hostname names this machine itself, which no other machine can reach or redirect. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
