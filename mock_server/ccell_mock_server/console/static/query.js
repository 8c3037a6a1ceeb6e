/**
 * The language of a search: `phone:138* code:1004* state:delivered after:10:30 验证码`.
 *
 * A word without a field is searched in the content, in any case; 11 digits are a phone, 19 digits a msgid, and digits
 * with a star at their end the beginning of a phone. A value with blanks is in quotation marks.
 *
 * @typedef {{name: string, value: string}} Term
 * @typedef {{filters: Record<string, string>, faults: Fault[]}} Query
 * @typedef {{word: string, kind: "field" | "state" | "time" | "twice"}} Fault
 */

export const STATES = ["refused", "scheduled", "sent", "delivered", "failed"];
/** Patterns of codes: of requests, and of numbers. */
export const CODES = ["1001*", "1004*"];
export const FIELDS = ["phone", "content", "linkid", "msgid", "code", "state", "after", "before"];

const TERM = /(?:([a-z]+):)?(?:"([^"]*)"?|(\S+))/gu;
const TIME = /^(?:(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?))?|(\d\d:\d\d(?::\d\d)?))(Z|[+-]\d\d:\d\d)?$/u;
/** @type {[string, RegExp][]} */
const KINDS = [["phone", /^1\d{10}$|^1\d{1,9}\*$/u], ["msgid", /^\d{19}$/u]];

/**
 * @param {string} text
 * @returns {Term[]}
 */
export function terms(text) {
  return [...text.matchAll(TERM)].map(([whole, name, quoted, word]) =>
    name && !FIELDS.includes(name) && quoted === undefined
      ? { name: "?", value: whole }
      : { name: name ?? (quoted === undefined ? kindOf(word ?? "") : ""), value: quoted ?? word ?? "" },
  );
}

/** @param {string} word */
function kindOf(word) {
  return KINDS.find(([, form]) => form.test(word))?.[0] ?? "";
}

/**
 * The filters of the API that a search means.
 * @param {string} text
 * @param {string} today - the date that times of day belong to, such as 2026-01-31
 * @returns {Query}
 */
export function parseQuery(text, today) {
  /** @type {Record<string, string>} */
  const filters = {};
  /** @type {Fault[]} */
  const faults = [];
  const words = [];
  for (const { name, value } of terms(text)) {
    if (name === "?") {
      faults.push({ word: value, kind: "field" });
    } else if (name === "") {
      words.push(value);
    } else if (name === "after" || name === "before") {
      const instant = parseTime(value, today);
      if (instant === null) faults.push({ word: value, kind: "time" });
      else filters[name === "after" ? "since" : "until"] = instant;
    } else if (name === "state" && !STATES.includes(value)) {
      faults.push({ word: value, kind: "state" });
    } else if (name === "content") {
      words.push(value);
    } else if (filters[name] !== undefined) {
      faults.push({ word: `${name}:${value}`, kind: "twice" });
    } else if (value) {
      filters[name] = value;
    }
  }
  if (words.length > 0) {
    filters["content"] = `*${words.join("*")}*`;
    filters["ignore_case"] = "true";
  }
  return { filters, faults };
}

/**
 * A time of day, a day, or both; in Shanghai, unless it names its zone.
 * @param {string} value
 * @param {string} today
 * @returns {string | null}
 */
function parseTime(value, today) {
  const match = TIME.exec(value);
  if (!match) return null;
  const instant = `${match[1] ?? today}T${match[2] ?? match[3] ?? "00:00"}${match[4] ?? "+08:00"}`;
  const [day = ""] = instant.split("T");
  // The parser takes 30 February for 2 March.
  return Number.isNaN(Date.parse(instant)) || !new Date(`${day}T00:00Z`).toISOString().startsWith(day) ? null : instant;
}

/**
 * What can complete a search at a place.
 * @param {string} text
 * @param {number} place - of the cursor
 * @param {Record<string, string[]>} known - values by field, to choose from
 * @returns {{from: number, options: string[]}}
 */
export function complete(text, place, known) {
  const from = text.lastIndexOf(" ", place - 1) + 1;
  const word = text.slice(from, place);
  const [name = "", value] = word.split(":", 2);
  if (/^\d{2,10}$/u.test(word)) return { from, options: [`phone:${word}*`] };
  if (value === undefined) {
    return { from, options: word ? FIELDS.filter((field) => field.startsWith(word)).map((field) => `${field}:`) : [] };
  }
  const values = name === "state" ? STATES : [...new Set(FIELDS.includes(name) ? known[name] : [])];
  return { from, options: values.filter((one) => one && !/\s/u.test(one) && one.startsWith(value) && one !== value).map((one) => `${name}:${one}`) };
}
