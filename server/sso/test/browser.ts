/**
 * As much of a browser as signing in needs: it follows redirects, keeps cookies by host, and fills in the provider's
 * two forms.
 */
export class TestBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();

  /** Makes one request without following its redirect. */
  async get(address: string, form?: Record<string, string>): Promise<Response> {
    const { host } = new URL(address);
    const cookies = this.cookiesOf(host);
    const response = await fetch(address, {
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
      ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    for (const header of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (/max-age=0\b|expires=Thu, 01 Jan 1970/i.test(header)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  /** Returns a host's cookies by name. As in browsers, all ports of a host share them. */
  cookiesOf(host: string): Map<string, string> {
    const name = host.replace(/:\d+$/, "");
    const known = this.#cookies.get(name) ?? new Map<string, string>();
    this.#cookies.set(name, known);
    return known;
  }

  /** Opens an address and signs in at the provider as somebody; returns the address to which that would lead back. */
  async signInAt(start: string, login: string): Promise<string> {
    let address = start;
    let form: Record<string, string> | undefined;
    for (let step = 0; step < 12; step += 1) {
      const response = await this.get(address, form);
      const location = response.headers.get("location");
      const text = await response.text();
      if (location !== null) {
        address = new URL(location, address).href;
        form = undefined;
        if (address.includes("/api/auth/sso/callback") || address.includes("/sign-in")) return address;
        continue;
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1];
      const action = /action="([^"]+)"/.exec(text)?.[1];
      if (!prompt || !action) throw new Error(`${address} answered ${response.status}: ${text.slice(0, 300)}`);
      address = new URL(action, address).href;
      form = prompt === "login" ? { prompt, login, password: "any" } : { prompt };
    }
    throw new Error("the provider goes round in circles");
  }
}
