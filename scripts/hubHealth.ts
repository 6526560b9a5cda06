/** Whether a stack's hub answers from outside, as participants' browsers reach it. */
import http from "node:http";
import https from "node:https";

/**
 * Asks once, at the server's address whatever its name points to. Whose certificate answers is not
 * looked at here.
 *
 * @param url of the hub, with its name
 * @param address IPv4
 */
export function hubAnswers(url: string, address: string, seconds = 5): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  const options = {
    host: address,
    port: port || (protocol === "https:" ? 443 : 80),
    path: "/hub/health",
    headers: { host: hostname },
    timeout: seconds * 1000,
  };
  return new Promise((resolve) => {
    const request =
      protocol === "https:"
        ? https.get({ ...options, servername: hostname, rejectUnauthorized: false })
        : http.get(options);
    request.on("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", () => resolve(false));
  });
}
