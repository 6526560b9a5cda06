/** The hub as a browser sees it, without a browser. */
import http from "node:http";

/** Cookies of a session, by name. */
export type Cookies = Map<string, string>;

/** What a request sends beside its cookies. */
interface Sent {
  method?: "GET" | "POST";
  form?: URLSearchParams;
  headers?: Record<string, string>;
}

/**
 * A request that follows nothing. Not `fetch`: that says of itself that it is a script (its header
 * Sec-Fetch-Mode), and the hub gives scripts no cookie for the form.
 */
export function visit(url: string, cookies: Cookies, { method, form, headers }: Sent = {}) {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const type = form && { "content-type": "application/x-www-form-urlencoded" };
  const options = {
    method: method ?? (form ? "POST" : "GET"),
    headers: { ...type, ...headers, cookie },
  };
  return new Promise<number>((resolve, reject) => {
    const request = http.request(url, options, (answer) => {
      for (const line of answer.headers["set-cookie"] ?? []) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    request.on("error", reject);
    request.end(form?.toString());
  });
}

/** What the log-in page came to. */
export interface Login {
  /** Status of the page itself. */
  page: number;
  /** Whether the hub let the person in. */
  isIn: boolean;
}

/** Opens the log-in page at `url` and logs in with the form. */
export async function logIn(url: string, username: string, password: string): Promise<Login> {
  const { page, isIn } = await openSession(url, username, password);
  return { page, isIn };
}

async function openSession(url: string, username: string, password: string) {
  const cookies: Cookies = new Map();
  const page = await visit(`${url}/hub/login`, cookies);
  const form = new URLSearchParams({ username, password });
  const xsrf = encodeURIComponent(cookies.get("_xsrf") ?? "");
  const status = await visit(`${url}/hub/login?_xsrf=${xsrf}`, cookies, { form });
  return { page, isIn: status === 302 && cookies.has("jupyterhub-hub-login"), cookies };
}
