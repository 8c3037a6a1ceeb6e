/** What is arranged on an account: lists to which a form adds, and from which one or all are removed. */

import { fill, h } from "../dom.js";
import { drawForm } from "../form.js";
import { fullTime } from "../format.js";
import { visible } from "../text.js";

/** @typedef {import("./account.js").Context} Context */
/** @typedef {import("./account.js").Section} Section */
/** @typedef {{id: number, fault: Record<string, unknown>, matched: number, applied: number, left: number | null}} FaultStatus */
/** @typedef {{id: number, slots: number, operation: string | null, until: string}} Hold */

/**
 * @template Item
 * @param {Context} context
 * @param {object} list
 * @param {string} list.name - of its path and its texts
 * @param {(item: Item, place: number) => number} list.id - the last part of the item's path
 * @param {(item: Item) => (Node | string)[]} list.show
 * @returns {Section}
 */
function arrangements({ app, schemas, get, act }, { name, id, show }) {
  const { t } = app;
  const items = h("ul", { class: "plain arranged" });
  const all = h("button", { type: "button", hidden: true, click: () => act("DELETE", `/${name}`) }, t("remove_all"));
  const form = drawForm(app, schemas, schemas.body("post", `/accounts/{userid}/${name}`), name);
  const adding = h(
    "form",
    {
      class: "fields",
      novalidate: true,
      submit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        await act("POST", `/${name}`, form.values(), form);
      },
    },
    form.element,
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, t(`add_${name}`))),
  );
  let shown = "";
  return {
    element: h(
      "section",
      { class: "card fields" },
      h("h2", {}, t(name)),
      h("p", {}, t(`${name}_about`)),
      items,
      h("div", { class: "actions" }, all),
      h("details", { open: name !== "holds" }, h("summary", {}, t(`add_${name}`)), adding),
    ),
    async load() {
      /** @type {import("../api.js").Page<Item>} */
      const page = await get(`/${name}`);
      const text = JSON.stringify(page.items);
      if (text === shown) return;
      shown = text;
      all.hidden = page.items.length < 2;
      fill(
        items,
        page.items.length === 0 && h("li", {}, t(`no_${name}`)),
        page.items.map((item, place) =>
          h("li", {}, h("div", {}, show(item)), h("button", { type: "button", class: "quiet", click: () => act("DELETE", `/${name}/${id(item, place)}`) }, t(name === "holds" ? "release" : "remove"))),
        ),
      );
    },
  };
}

/**
 * The members that are not as usual.
 * @param {Record<string, unknown>} value
 * @param {Record<string, unknown>} usual
 * @returns {Node[]}
 */
function members(value, usual) {
  const said = Object.entries(value).filter(([name, one]) => JSON.stringify(one ?? null) !== JSON.stringify(usual[name] ?? null));
  return said.flatMap(([name, one]) => [h("code", {}, `${name}=`), ...visible(typeof one === "string" ? one : JSON.stringify(one)), document.createTextNode(" ")]);
}

/** @param {Context} context */
export function faults(context) {
  const { app, schemas } = context;
  const { mapping = {} } = schemas.body("post", "/accounts/{userid}/faults").discriminator ?? {};
  return arrangements(context, {
    name: "faults",
    id: (/** @type {FaultStatus} */ item) => item.id,
    show({ fault: { kind, ...rest }, matched, applied, left }) {
      const usual = schemas.defaults(schemas.resolve({ $ref: mapping[String(kind)] ?? "" }));
      const counts = [app.t("matched", matched), app.t("applied", applied), left === null ? app.t("always") : app.t("left_of_fault", left)];
      return [h("strong", {}, String(kind)), " ", ...members(rest, { headers: {}, ...clean(usual) }), h("small", {}, counts.join(" · "))];
    },
  });
}

/** @param {Record<string, unknown>} usual */
function clean(usual) {
  return Object.fromEntries(Object.entries(usual).filter(([, one]) => one !== undefined));
}

/** @param {Context} context */
export function holds(context) {
  return arrangements(context, {
    name: "holds",
    id: (/** @type {Hold} */ item) => item.id,
    show: ({ slots, operation, until }) => [context.app.t("held", slots, operation ?? context.app.t("all_operations"), fullTime(until))],
  });
}

/** @param {Context} context */
export function outcomes(context) {
  return rules(context, "outcomes");
}

/** @param {Context} context */
export function personas(context) {
  return rules(context, "personas");
}

/**
 * Rules in an order. Their place is their number.
 * @param {Context} context
 * @param {string} name
 */
function rules(context, name) {
  const usual = context.schemas.defaults(context.schemas.body("post", `/accounts/{userid}/${name}`));
  return arrangements(context, {
    name,
    id: (/** @type {Record<string, unknown>} */ _, place) => place,
    show(item) {
      const said = members(item, usual);
      return said.length > 0 ? said : [context.app.t("as_usual")];
    },
  });
}
