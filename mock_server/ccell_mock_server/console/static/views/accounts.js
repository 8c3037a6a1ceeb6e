/** All accounts: open one, and keep or restore the state of the whole emulator. */

import { ApiError, problemOf } from "../api.js";
import { ask } from "../ask.js";
import { fill, h } from "../dom.js";
import { drawForm } from "../form.js";
import { formatRoute } from "../route.js";
import { schemasIn } from "../schema.js";
import { withoutArrangements } from "./settings.js";

const INTERVAL = 1000;
const SNAPSHOT = "application/vnd.sqlite3";

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function accountsView(app) {
  const { t, api, store } = app;
  const list = h("ul", { class: "cards" });
  const opening = h("form", { class: "card fields", hidden: true });
  const done = h("p", { role: "status", class: "done" });
  const file = h("input", { type: "file", id: "snapshot", accept: `.sqlite,${SNAPSHOT}` });
  let shown = "";
  const draw = () => {
    const text = JSON.stringify(store.state.accounts.map(({ userid, left, is_locked: isLocked }) => [userid, left, isLocked]));
    // What has the focus keeps it unless something has changed.
    if (text === shown) return;
    shown = text;
    fill(
      list,
      store.state.accounts.map((one) =>
        h(
          "li",
          { class: "card" },
          h("h2", {}, h("a", { href: formatRoute("account", [], { ...store.state.route.query, account: one.userid }) }, one.userid)),
          h("p", {}, `${t("left")}: ${one.left} `, one.is_locked && h("span", { class: "state refused" }, t("locked"))),
        ),
      ),
    );
  };
  const unsubscribe = store.subscribe((state, former) => {
    if (state.accounts !== former.accounts) draw();
  });

  async function showForm() {
    try {
      const schemas = await schemasIn(api, store.state.language);
      const form = drawForm(app, schemas, withoutArrangements(schemas, schemas.body("post", "/accounts")), "open");
      fill(opening, h("h2", {}, t("open_account")), h("p", {}, t("open_about")), form.element, h("button", { type: "submit", class: "primary" }, t("open_account")));
      opening.onsubmit = (event) => {
        event.preventDefault();
        void open(form);
      };
      opening.hidden = false;
      opening.querySelector("input")?.focus();
    } catch (error) {
      app.report(error);
    }
  }

  /** @param {import("../form.js").Form} form */
  async function open(form) {
    try {
      /** @type {import("../api.js").Account} */
      const opened = await api.send("POST", "accounts", form.values());
      await app.reloadAccounts();
      app.go("account", [], { account: opened.userid });
    } catch (error) {
      if (!form.refuse(error)) app.report(error);
    }
  }

  async function save() {
    try {
      const response = await fetch(api.url("state"), { headers: api.headers });
      if (!response.ok) throw new ApiError(await problemOf(response));
      const link = h("a", { href: URL.createObjectURL(await response.blob()), download: "ccell-fake.sqlite" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      app.report(error);
    }
  }

  async function restore() {
    const chosen = file.files?.[0];
    if (!chosen || !(await ask(app, t("restore_sure", chosen.name), t("restore")))) return;
    try {
      const response = await fetch(api.url("state"), { method: "PUT", headers: { ...api.headers, "Content-Type": SNAPSHOT }, body: await chosen.arrayBuffer() });
      if (!response.ok) throw new ApiError(await problemOf(response));
      // The stream of events says so, and the page reads everything anew.
    } catch (error) {
      app.report(error);
    } finally {
      file.value = "";
    }
  }

  const reload = () =>
    app.reloadAccounts().catch((error) => {
      // The header says that the connection is lost.
      if (error.problem?.status !== 0) app.report(error);
    });
  // Accounts are opened and closed without an event.
  const timer = setInterval(() => document.hidden || void reload(), INTERVAL);
  file.addEventListener("change", () => void restore());
  draw();
  return {
    element: h(
      "div",
      { class: "page" },
      h("h1", {}, t("account")),
      h("p", {}, t("choose_account")),
      list,
      h("div", { class: "actions" }, h("button", { type: "button", click: showForm }, t("open_account"))),
      opening,
      h(
        "section",
        { class: "card fields" },
        h("h2", {}, t("snapshot")),
        h("p", {}, t("snapshot_about")),
        h("div", {}, h("button", { type: "button", click: save }, t("download"))),
        h("div", {}, h("label", { for: "snapshot" }, t("restore_from")), file),
        done,
      ),
    ),
    title: t("account"),
    follow: (route) => !route.query["account"],
    refresh: () => void reload(),
    close() {
      unsubscribe();
      clearInterval(timer);
    },
  };
}
