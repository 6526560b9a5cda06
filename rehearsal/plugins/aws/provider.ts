/** Turns a description of a resource type into what the engine asks of a provider. */

import { createHash } from "node:crypto";
import {
  InitializationError,
  UNKNOWN,
  type CheckContext,
  type Context,
  type Diff,
  type ResourceType,
  type Values,
} from "../base";
import type { Session } from "./client";
import { doing, isNotFound, listed } from "./errors";
import type { Definition, Scope } from "./resource";
import {
  changesOf,
  checkArguments,
  liveInputs,
  type Arguments,
  type Change,
  type Failure,
} from "./schema";
import { mergeTags, retag, withoutDefaults, type Tags } from "./tags";

const DEFAULT_MINUTES = 5;
const REGION: Arguments = { region: { replaces: true, computed: true } };
const TAGS: Arguments = { tags: {}, tagsAll: {} };

function asTags(value: unknown): Tags {
  return (value ?? {}) as Tags;
}

/** `name-1234567`: the same for the same seed, so that a preview tells the name to come. */
function uniqueName(prefix: string, urn: string, seed: Uint8Array | undefined): string {
  const hash = createHash("sha256").update(urn);
  const suffix = hash.update(seed ?? crypto.getRandomValues(new Uint8Array(8))).digest("hex");
  return `${prefix}-${suffix.slice(0, 7)}`;
}

/** Whether the provider made up this name; a name of that form given by hand counts as made up. */
function isUniqueName(name: unknown): boolean {
  return typeof name === "string" && /-[0-9a-f]{7}$/.test(name);
}

/** All arguments of a type: its own and those every type has. */
function tableOf(definition: Definition): Arguments {
  const tags = definition.tagged === false ? {} : TAGS;
  return { ...definition.arguments, ...REGION, ...tags };
}

/** `tags` over the provider's default tags; unknown while a tag's value is. */
function tagsAllOf(inputs: Values, defaults: Tags): unknown {
  return inputs["tags"] === UNKNOWN ? UNKNOWN : mergeTags(defaults, asTags(inputs["tags"]));
}

/** Arguments that AWS may choose, so that a preview can't know them. */
function computedOf(table: Arguments): string[] {
  return Object.keys(table).filter((name) => table[name]?.computed === true && name !== "region");
}

/** null says "not set in AWS": such an output is left out. */
function withoutNulls(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  );
}

/** What stands in the state because it was given and AWS can't say it, such as switches of ours. */
function givenOnly(inputs: Values, outputs: Values): Values {
  return Object.fromEntries(Object.keys(inputs).map((key) => [key, outputs[key] ?? inputs[key]]));
}

/** Refusals that look at several arguments, where each of them is all right by itself. */
function further(definition: Definition, inputs: Values, failures: readonly Failure[]): Failure[] {
  return (definition.refuse?.(inputs) ?? []).filter(
    ({ property }) => !failures.some((failure) => failure.property === property),
  );
}

function diffOf(definition: Definition, changes: readonly Change[], news: Values): Diff {
  const replacing = changes.filter((change) => change.replace);
  const replaces = [...new Set(replacing.map((change) => change.argument))];
  return {
    changes: changes.length > 0,
    replaces,
    detailed: Object.fromEntries(
      changes.map(({ path, kind, replace }) => [path, { kind, replace, inputDiff: true }]),
    ),
    deleteBeforeReplace: replaces.length > 0 && keepsName(definition, changes, news),
  };
}

/** Two of one name can't exist side by side, so a given name has the old one deleted first. */
function keepsName(definition: Definition, changes: readonly Change[], news: Values): boolean {
  const name = definition.autoname;
  if (name === undefined || changes.some((change) => change.argument === name)) return false;
  return !isUniqueName(news[name]);
}

/** One resource type as the engine's questions, bound to a configured session. */
export function resourceType(
  token: string,
  definition: Definition,
  session: Session,
): ResourceType {
  const table = tableOf(definition);
  const tagged = definition.tagged !== false;
  const type = token.replace(/^(\w+):(\w+)\/\w+:(\w+)$/, "$1.$2.$3");

  function scopeOf(
    operation: "create" | "update" | "delete",
    values: Values,
    context?: Context,
  ): Scope {
    const region = typeof values["region"] === "string" ? values["region"] : session.region;
    const minutes = definition.timeouts?.[operation] ?? DEFAULT_MINUTES;
    const custom = context?.timeoutSeconds ?? 0;
    return {
      ec2: session.ec2(region),
      route53: () => session.route53(),
      iam: () => session.iam(),
      s3: () => session.s3(region),
      scheduler: () => session.scheduler(region),
      region,
      timeoutSeconds: custom > 0 ? custom : minutes * 60,
      defaultTags: session.defaultTags,
    };
  }

  /** Outputs: what AWS says, and of the inputs what AWS can't say. */
  async function outputsOf(id: string, inputs: Values, scope: Scope): Promise<Values | undefined> {
    const live = await definition.look(id, inputs, scope);
    if (live === undefined) return undefined;
    const tagsAll = asTags(live["tagsAll"]);
    const own = asTags(inputs["tags"]);
    const tags = tagged
      ? { tags: withoutDefaults(tagsAll, session.defaultTags, own), tagsAll }
      : {};
    return { ...inputs, ...live, ...tags, region: scope.region };
  }

  async function expectOutputs(id: string, inputs: Values, scope: Scope): Promise<Values> {
    const outputs = await doing(
      `reading ${definition.label} (${id})`,
      outputsOf(id, inputs, scope),
    );
    if (outputs === undefined) {
      throw new Error(`reading ${definition.label} (${id}): couldn't find resource`);
    }
    return withoutNulls(outputs);
  }

  function checkNames(inputs: Values, olds: Values, context: CheckContext): void {
    const name = definition.autoname;
    if (name === undefined || inputs[name] !== undefined) return;
    const before = olds[name];
    inputs[name] =
      typeof before === "string" ? before : uniqueName(context.name, context.urn, context.seed);
  }

  function judged(oldInputs: Values, state: Values, news: Values): Change[] {
    const changes = changesOf(table, oldInputs, news, state);
    return definition.judge?.(changes, news) ?? changes;
  }

  return {
    computed: [...definition.attributes, ...computedOf(table)],

    check(news, olds, context) {
      const { inputs, failures } = checkArguments(type, table, news);
      checkNames(inputs, olds ?? {}, context);
      inputs["region"] ??= session.region;
      if (tagged) inputs["tagsAll"] = tagsAllOf(inputs, session.defaultTags);
      return { inputs, failures: [...failures, ...further(definition, inputs, failures)] };
    },

    diff(_id, oldInputs, oldOutputs, news): Diff {
      return diffOf(definition, judged(oldInputs, oldOutputs, news), news);
    },

    async create(inputs, context) {
      const scope = scopeOf("create", inputs, context);
      const doingIt = `creating ${definition.label}`;
      const id = await listed("", doing(doingIt, definition.create(inputs, scope)));
      try {
        await definition.settle?.(id, inputs, scope);
        return { id, outputs: await expectOutputs(id, inputs, scope) };
      } catch (failure) {
        throw new InitializationError(id, { ...inputs }, inputs, [(failure as Error).message]);
      }
    },

    async read(id, oldInputs, oldOutputs) {
      const importing = Object.keys(oldInputs).length + Object.keys(oldOutputs).length === 0;
      const known = importing ? (definition.fromId?.(id) ?? {}) : { ...oldOutputs, ...oldInputs };
      const scope = scopeOf("create", known);
      const doingIt = `reading ${definition.label} (${id})`;
      const outputs = await listed("", doing(doingIt, outputsOf(id, known, scope)));
      if (outputs === undefined) return undefined;
      const inputs = liveInputs(table, oldInputs, outputs, importing);
      const now = withoutNulls(
        importing ? outputs : { ...givenOnly(oldInputs, oldOutputs), ...outputs },
      );
      return { id: definition.identify?.(now) ?? id, inputs, outputs: now };
    },

    async update(id, oldInputs, oldOutputs, news, context) {
      const scope = scopeOf("update", news, context);
      const changes = judged(oldInputs, oldOutputs, news);
      const changed = (...names: string[]): boolean =>
        changes.some((change) => names.includes(change.argument));
      const work = { olds: oldInputs, state: oldOutputs, news, changed };
      const doingIt = `updating ${definition.label} (${id})`;
      // The engine asks for an update without a change only after a create that failed half-way.
      const doIt = changes.length === 0 ? finish(id, news, scope) : change(id, work, scope);
      await listed("", doing(doingIt, doIt));
      return listed("", expectOutputs(id, news, scope));
    },

    async delete(id, oldInputs, outputs, context) {
      const scope = scopeOf("delete", outputs, context);
      const doingIt = `deleting ${definition.label} (${id})`;
      try {
        await doing(doingIt, definition.remove(id, { ...oldInputs, ...outputs }, scope));
      } catch (failure) {
        if (!isNotFound(failure)) await listed("", Promise.reject(failure as Error));
      }
    },
  };

  async function finish(id: string, inputs: Values, scope: Scope): Promise<void> {
    await definition.settle?.(id, inputs, scope);
  }

  async function change(
    id: string,
    work: Parameters<NonNullable<Definition["update"]>>[1],
    scope: Scope,
  ): Promise<void> {
    if (tagged && work.changed("tags", "tagsAll")) {
      const [from, to] = [asTags(work.state["tagsAll"]), asTags(work.news["tagsAll"])];
      if (definition.retag) await definition.retag(id, from, to, scope);
      else await retag(scope.ec2, definition.tagTarget?.(work.state) ?? id, from, to);
    }
    await definition.update?.(id, work, scope);
  }
}
