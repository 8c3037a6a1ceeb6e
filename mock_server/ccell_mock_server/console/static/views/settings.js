/** The settings of an account as a form. Only what was changed is sent. */

import { fill, h } from "../dom.js";
import { drawForm } from "../form.js";

/**
 * Leave out lists of rules. They have pages of their own.
 * @param {import("../schema.js").Schemas} schemas
 * @param {import("../schema.js").Schema} schema
 */
export function withoutArrangements(schemas, schema) {
  const members = Object.entries(schema.properties ?? {}).filter(([, one]) => !schemas.resolve(one.items ?? {}).properties);
  return { ...schema, properties: Object.fromEntries(members) };
}

/**
 * @param {import("./account.js").Context} context
 * @returns {import("./account.js").Section}
 */
export function settings({ app, schemas, get, act }) {
  const { t } = app;
  // The body of a change has no defaults; that of a new account has.
  const schema = withoutArrangements(schemas, schemas.body("post", "/accounts"));
  /** @type {import("../form.js").Form | undefined} */
  let form;
  const fields = h("div");
  const saved = h("p", { role: "status", class: "done" });
  const element = h(
    "form",
    { class: "card fields", novalidate: true },
    h("h2", {}, t("settings")),
    h("p", {}, t("settings_about")),
    fields,
    h("div", { class: "actions sticky" }, h("button", { type: "submit", class: "primary" }, t("save")), h("button", { type: "reset" }, t("undo")), saved),
  );
  element.addEventListener("input", () => (saved.textContent = ""));
  element.addEventListener("reset", (event) => {
    event.preventDefault();
    form?.reset();
  });
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!form) return;
    const changed = form.values();
    const names = Object.keys(changed);
    if (names.length === 0) {
      saved.textContent = t("nothing_changed");
      return;
    }
    const answer = await act("PATCH", "", changed, form);
    saved.textContent = answer ? t("saved_members", names.join(", ")) : "";
  });
  return {
    element,
    async load() {
      const { settings: now } = await get();
      if (form) {
        form.update(now);
      } else {
        form = drawForm(app, schemas, schema, "settings", now);
        fill(fields, form.element);
      }
    },
  };
}
