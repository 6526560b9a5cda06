/** A participant's home folder, as the person's own server shows it. */
import type { APIResponse, BrowserContext } from "playwright-core";

export class HomeFolder {
  constructor(
    private readonly context: BrowserContext,
    /** Address of the person's server. */
    private readonly server: string,
  ) {}

  /** Address of something on the person's server. */
  address(path: string): string {
    return `${this.server}/${path}`;
  }

  /** Text of a file; undefined if there is none. */
  async read(path: string): Promise<string | undefined> {
    const answer = await this.ask("GET", path, "?type=file&format=base64&content=1");
    if (answer.status() === 404) return undefined;
    const { content } = (await checked(answer, path).json()) as { content: string };
    return Buffer.from(content, "base64").toString("utf8");
  }

  /** Whether there is such a file. */
  async has(path: string): Promise<boolean> {
    return (await this.ask("GET", path, "?content=0")).ok();
  }

  /** Names of what is in a folder. */
  async list(path: string): Promise<string[]> {
    const answer = await this.ask("GET", path, "?type=directory&content=1");
    const { content } = (await checked(answer, path).json()) as { content: { name: string }[] };
    return content.map(({ name }) => name).sort();
  }

  /** Names of the terminals that run on the person's server. */
  async terminals(): Promise<string[]> {
    const answer = await this.context.request.get(this.address("api/terminals"));
    const terminals = (await checked(answer, "terminals").json()) as { name: string }[];
    return terminals.map(({ name }) => name);
  }

  async write(path: string, content: string): Promise<void> {
    const data = { type: "file", format: "text", content };
    checked(await this.ask("PUT", path, "", data), path);
  }

  async makeFolder(path: string): Promise<void> {
    checked(await this.ask("PUT", path, "", { type: "directory" }), path);
  }

  /** Beside the page, with its cookies: what is asked for here is no fault of the page. */
  private async ask(
    method: "GET" | "PUT",
    path: string,
    query: string,
    data?: object,
  ): Promise<APIResponse> {
    const url = this.address(`api/contents/${path.split("/").map(encodeURIComponent).join("/")}`);
    const cookies = await this.context.cookies(url);
    // The hub has a cookie of the same name; the one with the longer path is this server's.
    const xsrf = cookies
      .filter(({ name }) => name === "_xsrf")
      .sort((a, b) => b.path.length - a.path.length)[0]?.value;
    const headers = { "X-XSRFToken": xsrf ?? "" };
    return this.context.request.fetch(url + query, { method, headers, data });
  }
}

function checked(answer: APIResponse, path: string): APIResponse {
  if (answer.ok()) return answer;
  throw new Error(`${path} in the home folder: ${answer.status()} ${answer.statusText()}`);
}
