/**
 * The texts of what answers refer to: clauses, observations, open questions and rules.
 *
 * @typedef {{answer: string, text: string, text_zh: string, is_default: boolean}} PossibleAnswer
 * @typedef {{
 *   id: string, kind: "clause" | "published" | "observation" | "question" | "rule", text: string, text_zh: string, source: string,
 *   passes: string, passes_zh: string, codes: string[], answers: PossibleAnswer[],
 * }} Evidence
 * @typedef {Map<string, Evidence>} Registry
 */

/** @type {WeakMap<import("./api.js").Api, Promise<Registry>>} */
const registries = new WeakMap();

/**
 * All texts by id. They are asked for once.
 * @param {import("./api.js").Api} api
 * @returns {Promise<Registry>}
 */
export function evidence(api) {
  const known = registries.get(api);
  if (known) return known;
  const asked = api.get("evidence").then((page) => new Map(page.items.map((/** @type {Evidence} */ one) => [one.id, one])));
  registries.set(api, asked);
  asked.catch(() => registries.delete(api));
  return asked;
}

/**
 * The rules that refused something with a code, or all that refused; those that answer just this code, if any.
 * @param {Registry} registry
 * @param {string} names - with commas, as the journal has them
 * @param {string} [code]
 * @returns {Evidence[]}
 */
export function rulesOf(registry, names, code = "") {
  const all = names.split(", ").flatMap((name) => registry.get(name) ?? []).filter((one) => one.kind === "rule");
  const exact = all.filter((one) => one.codes.includes(code));
  return exact.length > 0 ? exact : all;
}

/**
 * The codes of an answer: the request's, then those of the numbers that were refused.
 * @param {import("./api.js").Entry} entry
 */
export function codesOf(entry) {
  const codes = entry.explanation.split("\n").map((line) => /^(\d{7}): /u.exec(line)?.[1]);
  return [...new Set([entry.code, ...codes])].filter((code) => code !== undefined && code !== "");
}
