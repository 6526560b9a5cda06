/** What `npm run bake` prints for a person. */
import type { Baked, BakedFrom } from "./bakeImages";
import { minute } from "./courseTable";
import { table } from "./userText";

/** What an image costs a month at most: all that is in its root disk. */
export function monthUsd(
  { usedGiB, sizeGiB }: Pick<Baked, "usedGiB" | "sizeGiB">,
  gibMonthUsd: number,
): number {
  return (usedGiB || sizeGiB) * gibMonthUsd;
}

function usd(image: Pick<Baked, "usedGiB" | "sizeGiB">, gibMonthUsd?: number): string {
  return gibMonthUsd === undefined ? "–" : `${monthUsd(image, gibMonthUsd).toFixed(2)} USD`;
}

/** @param gibMonthUsd price of a GiB for a month; undefined: not known */
export function imagesText(images: readonly Baked[], gibMonthUsd?: number): string {
  return table([
    ["image", "name", "made", "size", "a month, at most", "TLJH", "JupyterLab", "packages"],
    ...images.map((it) => [
      it.id,
      it.name,
      minute(Date.parse(it.at) / 1000),
      it.state === "available" ? `${it.usedGiB || it.sizeGiB} GiB` : it.state,
      usd(it, gibMonthUsd),
      it.tljh || "–",
      it.lab || "–",
      String(it.packages),
    ]),
  ]);
}

/** That an image is made, and how a stack starts from it. */
export function bakedText(
  id: string,
  from: BakedFrom,
  sizeGiB: number,
  { region, stack }: { region: string; stack: string },
  gibMonthUsd?: number,
): string {
  const { tljh, lab, usedGiB } = from;
  return [
    `${id}  TLJH ${tljh}, JupyterLab ${lab} and all packages; no account, file, token or key`,
    `It costs ${usd({ usedGiB, sizeGiB }, gibMonthUsd)} a month at most (${usedGiB} GiB), until: npm run bake -- remove ${id} --stack ${stack}`,
    "A stack that starts from it:",
    "  pulumi stack init NAME",
    `  pulumi config set aws:region ${region} --stack NAME`,
    `  pulumi config set amiId ${id} --stack NAME`,
    `  pulumi config set diskGiB ${sizeGiB} --stack NAME     # or more`,
    "Its volumes are encrypted, and so it cannot be given to another AWS account as it is.",
  ].join("\n");
}
