/** Draw a form from the schema of a body. What is sent, and every text, comes from the schema. */

import { fill, h } from "./dom.js";
import { described, field, isSame } from "./fields.js";

/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./fields.js").Field} Field */

/**
 * @typedef {object} Form
 * @property {HTMLElement} element
 * @property {() => Record<string, unknown>} values - what has changed, and what is required
 * @property {() => Record<string, unknown>} all - everything that has a value
 * @property {(value: Record<string, unknown>) => void} update - what the emulator has now; edits stay
 * @property {(values: Record<string, unknown>) => void} edit - fills in some members
 * @property {() => void} reset - forget all edits
 * @property {(path: string[], detail: string) => boolean} complain - shows an error at a member; false if there is none
 * @property {() => void} clear - shows no error any more
 * @property {(error: unknown) => boolean} refuse - shows an error at its fields; false if it belongs to none
 */

/**
 * @param {import("./app.js").App} app
 * @param {import("./schema.js").Schemas} schemas
 * @param {Schema} schema
 * @param {string} id - begins the ids of the elements
 * @param {Record<string, unknown>} [value] - what the emulator has now; by default the defaults
 * @returns {Form}
 */
export function drawForm(app, schemas, schema, id, value = schemas.defaults(schema)) {
  return schema.discriminator ? drawUnion(app, schemas, schema, id) : drawMembers(app, schemas, schema, id, value);
}

/**
 * @param {import("./app.js").App} app
 * @param {import("./schema.js").Schemas} schemas
 * @param {Schema} schema
 * @param {string} id
 * @param {Record<string, unknown>} value
 * @returns {Form}
 */
function drawMembers(app, schemas, schema, id, value) {
  const properties = Object.entries(schema.properties ?? {}).filter(([, one]) => schemas.resolve(one).const === undefined);
  // Required members come first.
  properties.sort(([one], [other]) => Number(isRequired(other)) - Number(isRequired(one)));
  const fields = new Map(properties.map(([name, one]) => [name, field(app, schemas, one, name, `${id}-${name}`)]));
  let former = value;
  for (const [name, one] of fields) one.write(former[name]);

  /** @param {string} name */
  function isRequired(name) {
    return (schema.required ?? []).includes(name);
  }

  const filled = (schema["x-groups"] ?? []).filter(({ members }) => members.some((name) => fields.has(name)));
  const groups = filled.map(({ title, members }, place) =>
    h("details", { open: place === 0 }, h("summary", {}, title), h("div", { class: "members" }, members.map((name) => fields.get(name)?.element))),
  );
  const clear = () => {
    for (const one of fields.values()) one.clear();
  };
  /** @type {Form} */
  const form = {
    element: h("div", { class: "members" }, groups.length > 0 ? groups : [...fields.values()].map((one) => one.element)),
    values() {
      const changed = [...fields].map(([name, one]) => /** @type {[string, unknown]} */ ([name, one.read()]));
      return Object.fromEntries(changed.filter(([name, now]) => isRequired(name) || !isSame(now, former[name])));
    },
    all: () => Object.fromEntries([...fields].map(([name, one]) => [name, one.read()]).filter(([, one]) => one !== null && one !== undefined)),
    update(now) {
      for (const [name, one] of fields) {
        one.update(former[name], now[name]);
      }
      former = now;
    },
    edit(values) {
      for (const [name, one] of fields) if (name in values) one.write(values[name]);
    },
    reset() {
      clear();
      for (const [name, one] of fields) one.write(former[name]);
    },
    complain([name = "", ...rest], detail) {
      fields.get(name)?.complain(rest, detail);
      return fields.has(name);
    },
    clear,
    refuse: (error) => refuse(form, error),
  };
  return form;
}

/**
 * @param {Form} form
 * @param {unknown} error
 */
function refuse(form, error) {
  form.clear();
  const errors = /** @type {any} */ (error)?.problem?.errors ?? [];
  let isShown = errors.length > 0;
  for (const { field: place, detail } of errors) {
    if (!form.complain(place.split(/[.[\]]+/u).filter(Boolean), detail)) isShown = false;
  }
  /** @type {HTMLElement | null} */
  const first = form.element.querySelector("[aria-invalid]");
  for (let part = first?.closest("details"); part; part = part.parentElement?.closest("details")) part.open = true;
  first?.focus();
  return isShown;
}

/**
 * A form whose members depend on a kind. What was filled in stays if another kind is chosen.
 * @param {import("./app.js").App} app
 * @param {import("./schema.js").Schemas} schemas
 * @param {Schema} schema
 * @param {string} id
 * @returns {Form}
 */
function drawUnion(app, schemas, schema, id) {
  const { propertyName, mapping } = /** @type {NonNullable<Schema["discriminator"]>} */ (schema.discriminator);
  const kinds = (schema.oneOf ?? []).map(({ $ref }) => Object.keys(mapping).find((kind) => mapping[kind] === $ref) ?? "");
  const chosen = h("select", { id: `${id}-kind`, "aria-describedby": `${id}-about` }, kinds.map((kind) => h("option", { value: kind }, kind)));
  const about = h("p", { class: "about", id: `${id}-about` });
  const place = h("div");
  /** @type {Form} */
  let form;
  const choose = () => {
    const one = schemas.resolve({ $ref: mapping[chosen.value] ?? "" });
    const kept = form?.values() ?? {};
    form = drawForm(app, schemas, one, id);
    form.edit(kept);
    fill(about, ...described(one.description ?? ""));
    fill(place, form.element);
  };
  chosen.addEventListener("change", choose);
  choose();
  return {
    element: h("div", { class: "union" }, h("div", { class: "field" }, h("label", { for: chosen.id }, h("code", {}, propertyName)), chosen, about), place),
    values: () => ({ [propertyName]: chosen.value, ...form.values() }),
    all: () => ({ [propertyName]: chosen.value, ...form.all() }),
    update: (now) => form.update(now),
    edit: (values) => form.edit(values),
    reset: () => form.reset(),
    complain: (path, detail) => form.complain(path, detail),
    clear: () => form.clear(),
    refuse: (error) => form.refuse(error),
  };
}
