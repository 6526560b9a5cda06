/** What `npm run slips` writes: a table and a printable page. No input or output here. */
import { stringify } from "csv-stringify/sync";
import mustache from "mustache";
import QRCode from "qrcode";
import { formatProblem } from "../components/text";

export interface Slip {
  /** The person's name as it was written; empty: not known. */
  person: string;
  account: string;
  /** Empty: the person has chosen another, which nobody knows. */
  password: string;
}

/** For a spreadsheet or a mail merge. What a spreadsheet would take for a formula is text. */
export function slipsTable(slips: readonly Slip[], address: string): string {
  const rows = slips.map(({ person, account, password }) => [
    person,
    account,
    password,
    address,
    password === "" ? "own password" : "",
  ]);
  const columns = ["person", "account", "password", "address", "note"];
  return stringify(rows, { header: true, columns, bom: true, escape_formulas: true });
}

/**
 * The page, from a mustache template.
 *
 * @param file name of the template, for errors
 * @throws Error when the template cannot be read, or shows not everybody
 */
export async function slipsPage(
  slips: readonly Slip[],
  address: string,
  template: string,
  file: string,
): Promise<string> {
  const qr = await QRCode.toString(address, { type: "svg", margin: 1, errorCorrectionLevel: "M" });
  const refused = (wrong: string, received: string) =>
    new Error(
      formatProblem({
        wrong,
        received: `${file}: ${received}`,
        allowed: "a mustache template such as scripts/slips.html.mustache",
        mend: "copy scripts/slips.html.mustache, translate its texts, and name the copy: --template FILE",
      }),
    );
  let page: string;
  try {
    page = mustache.render(template, { address, slips: slips.map((slip) => ({ ...slip, qr })) });
  } catch (error) {
    throw refused("The template of the slips is broken", (error as Error).message);
  }
  const missing = slips.find(
    ({ account, password }) => !page.includes(account) || !page.includes(password),
  );
  if (missing) {
    throw refused(
      "The template of the slips does not show everybody's account and password",
      `nothing of ${missing.account}`,
    );
  }
  return page;
}
