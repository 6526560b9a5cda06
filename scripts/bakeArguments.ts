/** What a person asks `npm run bake` for. */
import { misuseOf, optionsOf } from "./arguments";
import { nearest } from "../components/text";

export type BakeRequest = { stack?: string } & (
  { do: "make" } | { do: "list"; json: boolean } | { do: "remove"; id: string }
);

const OPTIONS = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean" },
} as const;
const USAGE = "nothing, to make an image; list [--json]; remove ami-…; each with --stack NAME";
const misused = misuseOf(USAGE);

/** @throws Error in the one shape, when the words are not understood */
export function parseBakeArguments(args: readonly string[]): BakeRequest {
  const { values, positionals } = optionsOf("npm run bake", args, OPTIONS, misused);
  const [word = "", ...rest] = positionals;
  if (!["", "list", "remove"].includes(word)) {
    const near = nearest(word, ["list", "remove"]) ?? "list";
    throw misused(`bake does not know the word ${word}`, word, `npm run bake -- ${near}`);
  }
  if (values.json && word !== "list") {
    throw misused("--json belongs to list", args.join(" "), "npm run bake -- list --json");
  }
  const stack = values.stack === undefined ? {} : { stack: values.stack };
  const extra = word === "remove" ? rest.slice(1) : rest;
  if (extra.length > 0) {
    throw misused("There are words too many", extra.join(" "), `npm run bake -- ${word}`);
  }
  if (word === "list") return { ...stack, do: "list", json: values.json ?? false };
  if (word !== "remove") return { ...stack, do: "make" };
  const [id = ""] = rest;
  if (/^ami-[0-9a-f]{8,17}$/.test(id)) return { ...stack, do: "remove", id };
  const wrong = id === "" ? "Which image is not said" : "That is no id of an image";
  throw misused(wrong, id, "npm run bake -- list, which shows them");
}
