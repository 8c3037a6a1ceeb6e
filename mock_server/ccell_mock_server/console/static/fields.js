/** One member of a form: its name, its control, its description, and the error about it. */

import { fill, h } from "./dom.js";
import { drawForm } from "./form.js";
import { shanghaiIso } from "./format.js";

const INPUTS = "input, select, textarea";

/** @typedef {import("./schema.js").Schema} Schema */

/**
 * @typedef {object} Field
 * @property {HTMLElement} element
 * @property {() => unknown} read - the value as JSON; undefined to leave the member out
 * @property {(value: any) => void} write
 * @property {(was: any, now: any) => void} update - writes what the emulator has now, unless it was edited
 * @property {(rest: string[], text: string) => void} complain - shows an error
 * @property {() => void} clear - shows no error any more
 *
 * @typedef {object} Control
 * @property {HTMLElement} element - has the id, or is a group
 * @property {() => unknown} read
 * @property {(value: any) => void} write
 * @property {boolean} [isGroup]
 * @property {(was: any, now: any) => void} [update] - of each part
 * @property {() => void} [clear] - of each part
 * @property {(rest: string[], text: string) => boolean} [complain] - shows an error about a part; false if it cannot
 *
 * @typedef {{app: import("./app.js").App, schemas: import("./schema.js").Schemas, id: string, name: string}} Context
 */

/**
 * @param {import("./app.js").App} app
 * @param {import("./schema.js").Schemas} schemas
 * @param {Schema} schema
 * @param {string} name
 * @param {string} id
 * @returns {Field}
 */
export function field(app, schemas, schema, name, id) {
  const whole = schemas.resolve(schema);
  const control = controlOf({ app, schemas, id, name }, whole);
  const wrong = h("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const about = h("p", { class: "about", id: `${id}-about` }, ...described(whole.description ?? ""), " ", h("span", { class: "hint" }, hint(app, schemas, whole)));
  const { element, read, write } = control;
  element.setAttribute("aria-describedby", `${about.id} ${wrong.id}`);
  const label = [h("code", {}, name)];
  return {
    element: control.isGroup
      ? h("fieldset", { class: "field" }, h("legend", {}, label), element, about, wrong)
      : h("div", { class: "field" }, h("label", { for: id }, label), element, about, wrong),
    read,
    write,
    update(was, now) {
      if (control.update) control.update(was, now);
      else if (isSame(read(), was) && !isSame(was, now)) write(now);
    },
    clear() {
      control.clear?.();
      show("");
    },
    complain(rest, text) {
      if (!control.complain?.(rest, text)) show(text);
    },
  };

  /** @param {string} text */
  function show(text) {
    wrong.textContent = text;
    wrong.hidden = !text;
    const input = element.matches(INPUTS) ? element : element.querySelector(INPUTS);
    if (text) input?.setAttribute("aria-invalid", "true");
    else input?.removeAttribute("aria-invalid");
  }
}

/**
 * Text with `names` in it.
 * @param {string} text
 */
export function described(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : document.createTextNode(part)));
}

/**
 * The type, the limits and the default.
 * @param {import("./app.js").App} app
 * @param {import("./schema.js").Schemas} schemas
 * @param {Schema} schema
 */
function hint({ t }, schemas, schema) {
  const { some, isNullable } = schemas.alternatives(schema);
  const parts = some.map((one) => {
    if (one.enum || one.const !== undefined) return "";
    const type = one.format === "date-time" ? "date-time" : one.type ?? "";
    const { minimum, exclusiveMinimum, maximum } = one;
    const limits = [minimum !== undefined && `≥ ${minimum}`, exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`, maximum !== undefined && `≤ ${maximum}`];
    return [t(`type_${type}`), ...limits].filter(Boolean).join(" ");
  });
  const { default: usual } = schema;
  const isShown = usual !== undefined && usual !== null && usual !== "" && !(Array.isArray(usual) && usual.length === 0);
  return [
    ...parts,
    isShown && t("default_is", Array.isArray(usual) ? usual.join(", ") : String(usual)),
    isNullable && t("may_be_empty"),
  ].filter(Boolean).join(" · ");
}

/**
 * @param {Context} context
 * @param {Schema} schema
 * @returns {Control}
 */
function controlOf(context, schema) {
  const { some, isNullable } = context.schemas.alternatives(schema);
  const [first = {}, second] = some;
  const main = second?.type === "array" ? second : first;
  if (main.type === "array") {
    const items = context.schemas.resolve(main.items ?? {});
    if (items.properties) return repeated(context, items);
    if (items.enum && !main.uniqueItems) return checkboxes(context, items);
    const list = lines(context, String(first.const ?? ""), schema);
    return isNullable ? optional(context, list) : list;
  }
  if (main.properties) return nested(context, main);
  if (main.type === "object") return pairs(context);
  if (main.type === "boolean") return checkbox(context);
  if (main.enum) return second ? suggestions(context, main, schema) : choice(context, main, isNullable || "x-answer" in schema, schema);
  if (main.type === "integer" || main.type === "number") return number(context);
  if (main.format === "date-time") return time(context);
  const isOptional = isNullable && !main.minLength;
  const input = text(context, isOptional, isNullable && !isOptional);
  return isOptional ? optional(context, input) : input;
}

/** @type {(context: Context) => Control} */
function checkbox({ id }) {
  const input = h("input", { type: "checkbox", id });
  return { element: input, read: () => input.checked, write: (value) => (input.checked = value === true) };
}

/** @type {(context: Context, isLong: boolean, isNullable: boolean) => Control} */
function text({ id }, isLong, isNullable) {
  const input = isLong ? h("textarea", { id, rows: 2, spellcheck: "false" }) : h("input", { type: "text", id, autocomplete: "off", spellcheck: "false" });
  /** @type {null | undefined | string} */
  let empty = isNullable ? null : "";
  const write = (/** @type {string | null | undefined} */ value) => {
    if (value === undefined) empty = undefined;
    input.value = value ?? "";
  };
  return { element: input, read: () => input.value || empty, write };
}

/** What is no number is sent as it is, so that the emulator says what is allowed. @type {(context: Context) => Control} */
function number({ id }) {
  const input = h("input", { type: "text", id, inputmode: "decimal", autocomplete: "off" });
  const read = () => {
    const written = input.value.trim();
    return written === "" ? null : Number.isFinite(Number(written)) ? Number(written) : written;
  };
  return { element: input, read, write: (value) => (input.value = value ?? "") };
}

/** @type {(context: Context) => Control} */
function time({ id }) {
  const input = h("input", { type: "text", id, placeholder: "2026-01-31 08:00:00", autocomplete: "off" });
  return { element: input, read: () => (input.value.trim() ? shanghaiIso(input.value.trim()) : null), write: (value) => (input.value = value ?? "") };
}

/** @type {(context: Context, options: Schema, hasNone: boolean, schema: Schema) => Control} */
function choice({ app, id }, options, hasNone, schema) {
  const none = "x-answer" in schema ? app.t("servers_answer", String(schema["x-answer"])) : app.t("any");
  const meanings = options["x-enum-descriptions"] ?? [];
  const select = h(
    "select",
    { id },
    hasNone && h("option", { value: "" }, none),
    (options.enum ?? []).map((one, place) => h("option", { value: one }, meanings[place] ? `${one} – ${meanings[place]}` : one)),
  );
  return { element: select, read: () => select.value || undefined, write: (value) => (select.value = value ?? (hasNone ? "" : options.enum?.[0])) };
}

/** Named values, or text of a form. @type {(context: Context, options: Schema, schema: Schema) => Control} */
function suggestions({ app, id, schemas }, options, schema) {
  const meanings = options["x-enum-descriptions"] ?? [];
  const input = h("input", { type: "text", id, list: `${id}-values`, autocomplete: "off", placeholder: app.t("servers_answer", String(schema["x-answer"])) });
  const values = h("datalist", { id: `${id}-values` }, (options.enum ?? []).map((one, place) => h("option", { value: one }, meanings[place])));
  const named = (options.enum ?? []).map((one, place) => `${one} – ${meanings[place]}`);
  const form = schemas.alternatives(schema).some[1]?.description;
  const element = h("div", {}, input, values, h("p", { class: "about" }, [...named, form].filter(Boolean).join(" · ")));
  return { element, read: () => input.value.trim() || undefined, write: (value) => (input.value = value ?? "") };
}

/** Texts, one a line. A line that is the constant stands for it. @type {(context: Context, constant: string, schema: Schema) => Control} */
function lines({ app, id }, constant, schema) {
  const answer = schema["x-answer"];
  const input = h("textarea", { id, rows: 2, spellcheck: "false", placeholder: Array.isArray(answer) ? app.t("servers_answer", answer.join(", ")) : app.t("one_a_line") });
  return {
    element: input,
    read() {
      const all = input.value.split("\n").map((one) => one.trim()).filter(Boolean);
      if (constant && all.length === 1 && all[0] === constant) return constant;
      return answer && all.length === 0 ? undefined : all;
    },
    write(value) {
      const all = Array.isArray(value) ? value : value ? [value] : [];
      input.value = all.join("\n");
      input.rows = Math.min(Math.max(2, all.length), 8);
    },
  };
}

/** @type {(context: Context, items: Schema) => Control} */
function checkboxes({ id }, items) {
  const boxes = (items.enum ?? []).map((one) => h("input", { type: "checkbox", value: one, id: `${id}-${one}` }));
  return {
    isGroup: true,
    element: h("div", { class: "boxes" }, boxes.map((box) => h("label", {}, box, " ", box.value))),
    read: () => boxes.filter((box) => box.checked).map((box) => box.value),
    write(value) {
      for (const box of boxes) box.checked = (value ?? []).includes(box.value);
    },
  };
}

/** Lines of `name: value`. @type {(context: Context) => Control} */
function pairs({ id }) {
  const input = h("textarea", { id, rows: 2, spellcheck: "false", placeholder: "Retry-After: 120" });
  return {
    element: input,
    read() {
      const all = input.value.split("\n").filter((one) => one.trim());
      if (all.length === 0) return undefined;
      return Object.fromEntries(all.map((one) => [one.split(":", 1)[0]?.trim() ?? "", one.includes(":") ? one.slice(one.indexOf(":") + 1).trim() : ""]));
    },
    write: (value) => (input.value = Object.entries(value ?? {}).map(([name, one]) => `${name}: ${one}`).join("\n")),
  };
}

/** A control whose empty value is not null: a box says whether there is a value. @type {(context: Context, control: Control) => Control} */
function optional({ app, id }, control) {
  const box = h("input", { type: "checkbox", id: `${id}-set` });
  const input = /** @type {HTMLTextAreaElement} */ (control.element);
  const follow = () => (input.disabled = !box.checked);
  box.addEventListener("change", follow);
  return {
    isGroup: true,
    element: h("div", {}, h("label", { class: "set" }, box, " ", app.t("is_set")), h("label", { for: id, class: "hidden" }, app.t("value")), input),
    read: () => (box.checked ? control.read() : null),
    write(value) {
      box.checked = value !== null && value !== undefined;
      control.write(value);
      follow();
    },
  };
}

/** @type {(context: Context, schema: Schema) => Control} */
function nested({ app, schemas, id }, schema) {
  const inner = Object.entries(schema.properties ?? {}).sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  const fields = new Map(inner.map(([name, one]) => [name, field(app, schemas, one, name, `${id}-${name}`)]));
  /** @type {object | undefined} */
  let empty;
  return {
    isGroup: true,
    element: h("div", { class: "members" }, [...fields.values()].map((one) => one.element)),
    read() {
      const given = [...fields].map(([name, one]) => [name, one.read()]).filter(([, value]) => value !== undefined);
      return given.length > 0 ? Object.fromEntries(given) : empty;
    },
    write(value) {
      empty = value && {};
      for (const [name, one] of fields) one.write(value?.[name]);
    },
    update(was, now) {
      for (const [name, one] of fields) one.update(was?.[name], now?.[name]);
    },
    clear() {
      for (const one of fields.values()) one.clear();
    },
    complain([name = "", ...rest], message) {
      fields.get(name)?.complain(rest, message);
      return fields.has(name);
    },
  };
}

/** Forms, one for each item. @type {(context: Context, items: Schema) => Control} */
function repeated({ app, schemas, id }, items) {
  /** @type {import("./form.js").Form[]} */
  let forms = [];
  let count = 0;
  const list = h("div", { class: "entries" });
  /** @param {Record<string, unknown>} [value] */
  const add = (value = schemas.defaults(items)) => {
    const form = drawForm(app, schemas, items, `${id}-${count++}`, value);
    const remove = h("button", { type: "button", class: "quiet", click: () => {
      forms = forms.filter((one) => one !== form);
      box.remove();
    } }, app.t("remove"));
    const box = h("div", { class: "entry" }, form.element, remove);
    forms.push(form);
    list.append(box);
  };
  return {
    isGroup: true,
    element: h("div", {}, list, h("button", { type: "button", click: () => add() }, app.t("add"))),
    read: () => forms.map((one) => one.all()),
    write(value) {
      forms = [];
      fill(list);
      for (const one of value ?? []) add({ ...schemas.defaults(items), ...one });
    },
    clear() {
      for (const one of forms) one.clear();
    },
    complain: ([place = "", ...rest], message) => forms[Number(place)]?.complain(rest, message) ?? false,
  };
}

/**
 * @param {unknown} one
 * @param {unknown} other
 */
export function isSame(one, other) {
  return canonical(one) === canonical(other);
}

/** @param {unknown} value */
function canonical(value) {
  return JSON.stringify(value ?? null, (_, part) =>
    part && typeof part === "object" && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort()) : part,
  );
}
