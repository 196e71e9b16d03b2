let isUnderWay = false;

/** Whether this tab is signing out, and about to leave its page. */
export function isSigningOut(): boolean {
  return isUnderWay;
}

/** Runs what ends the sign-in. Meanwhile the page asks for nothing: it would be refused. Where that fails, it goes on. */
export async function whileSigningOut(end: () => Promise<void>): Promise<void> {
  isUnderWay = true;
  try {
    await end();
  } catch (error) {
    isUnderWay = false;
    throw error;
  }
}
