/** How much a participant's browser loads at its first visit, and how long that takes at home. */
import type { Participant } from "../participant/participant";
import type { Answer } from "../participant/site";

/** A slow line at home, in megabits a second. */
export const SLOW_MBIT = 2;

/**
 * JupyterLab loads more parts of itself once it runs, which only a browser knows: in all this many times
 * the bytes that are counted here. From a browser with an empty cache, log-in page to idle JupyterLab
 * 4.6.6: 1.70 MB compressed (6.04 MB if not). test/engine/ready/proof.ts compares them again.
 */
const WHOLE = 2.2;

/** Addresses of scripts and style sheets that a page names. */
export function partsOf(page: Answer): string[] {
  const found = page.text.matchAll(
    /<(?:script[^>]*\ssrc|link[^>]*rel="stylesheet"[^>]*\shref)="([^"]+)"/g,
  );
  return [...found].map(([, address = ""]) =>
    new URL(address.replaceAll("&amp;", "&"), page.url).toString(),
  );
}

/** Parts that JupyterLab's page names in its settings. */
function labParts(page: Answer): string[] {
  const [, json = "{}"] =
    /<script[^>]*id="jupyter-config-data"[^>]*>([\s\S]*?)<\/script>/.exec(page.text) ?? [];
  const config = JSON.parse(json) as {
    fullLabextensionsUrl?: string;
    federated_extensions?: { name: string; load: string }[];
  };
  const { fullLabextensionsUrl: base = "", federated_extensions: extensions = [] } = config;
  return extensions.map(({ name, load }) =>
    new URL(`${base}/${name}/${load}`, page.url).toString(),
  );
}

export interface FirstVisit {
  /** Over the line. */
  bytes: number;
  /** At 2 Mbit/s. */
  slowSeconds: number;
  /** Whether scripts came compressed. */
  isCompressed: boolean;
}

/** Opens the log-in page and JupyterLab once more as with an empty cache, and counts. */
export async function firstVisit(participant: Participant, lab: Answer): Promise<FirstVisit> {
  const { site, server } = participant;
  const login = await site.visit("/hub/login");
  const parts = [...partsOf(login), ...partsOf(lab), ...labParts(lab)];
  const loaded = await Promise.all([...new Set(parts)].map((part) => site.visit(part)));
  const main = loaded.find(({ url }) => /\/static\/lab\/main\.[^/]*$/.test(url.pathname));
  const settings = await site.visit(`${server}/lab/api/settings`);
  // The main script knows under which name the largest part lies.
  const name = main && coreOf(main.text);
  const rest = main && name ? [await site.visit(new URL(name, main.url).href)] : [];
  const all = [login, lab, ...loaded, settings, ...rest];
  const bytes = Math.round(all.reduce((sum, one) => sum + one.bytes, 0) * WHOLE);
  return {
    bytes,
    slowSeconds: (bytes * 8) / (SLOW_MBIT * 1e6),
    isCompressed: main?.headers["content-encoding"] !== undefined,
  };
}

/** Under which name JupyterLab's largest part lies beside its main script. */
export function coreOf(main: string): string | undefined {
  // webpack keeps each part's hash in a table by its number, and names some parts beside it.
  const [, number] = /(\d+)(?:===\w+\?|:)"jlab_core"/.exec(main) ?? [];
  if (number === undefined) return undefined;
  const [, hash] = new RegExp(`[{,]${number}:"([0-9a-f]{8,})"`).exec(main) ?? [];
  return hash && `jlab_core.${hash}.js?v=${hash}`;
}
