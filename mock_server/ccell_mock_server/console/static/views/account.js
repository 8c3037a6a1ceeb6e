/** The accounts, and one account with its sections: each section is one idea in a file of its own. */

import { Api, ApiError } from "../api.js";
import { ask } from "../ask.js";
import { fill, h } from "../dom.js";
import { formatRoute } from "../route.js";
import { schemasIn } from "../schema.js";
import { inTurn } from "../turn.js";
import { accountsView } from "./accounts.js";
import { faults, holds, outcomes, personas } from "./arrangements.js";
import { clock } from "./clock.js";
import { activity } from "./activity.js";
import { settings } from "./settings.js";

/**
 * @typedef {object} Section
 * @property {HTMLElement} element
 * @property {() => Promise<void>} load - asks the emulator, and shows what it answers
 *
 * @typedef {object} Context
 * @property {import("../app.js").App} app
 * @property {import("../schema.js").Schemas} schemas
 * @property {string} userid
 * @property {(path?: string, query?: Record<string, string | number>) => Promise<any>} get - of the account
 * @property {(method: string, path: string, body?: unknown, form?: import("../form.js").Form) => Promise<any>} act
 *   - changes the account, shows an error, and loads the sections again; undefined after an error
 */

/** @type {Record<string, ((context: Context) => Section)[]>} */
const TABS = { now: [activity, clock, holds], faults: [faults], reports: [outcomes], personas: [personas], settings: [settings] };

// Slots are taken and freed, and settings are changed, without an event.
const INTERVAL = 500;

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function accountView(app) {
  const { query, parts } = app.store.state.route;
  const userid = query["account"];
  return userid ? oneAccount(app, userid, parts[0] ?? "now") : accountsView(app);
}

/**
 * @param {import("../app.js").App} app
 * @param {string} userid
 * @param {string} tab
 * @returns {import("../app.js").View}
 */
function oneAccount(app, userid, tab) {
  const { t, api, store } = app;
  const place = h("div", { class: "sections" });
  /** @type {Section[]} */
  let sections = [];
  let isClosed = false;
  const load = inTurn(show);

  async function show() {
    try {
      await Promise.all(sections.map((one) => one.load()));
    } catch (error) {
      // The header says that the connection is lost.
      if (!(error instanceof ApiError) || error.problem.status !== 0) app.report(error);
    }
  }

  /** @type {Context["act"]} */
  async function act(method, path, body, form) {
    try {
      const answer = await api.send(method, Api.account(userid, path), body);
      form?.refuse(null);
      await load();
      return answer ?? true;
    } catch (error) {
      if (!form?.refuse(error)) app.report(error);
      return undefined;
    }
  }

  async function start() {
    try {
      const schemas = await schemasIn(api, store.state.language);
      const get = (path = "", query = {}) => api.get(Api.account(userid, path), query);
      sections = (TABS[tab] ?? []).map((make) => make({ app, schemas, userid, get, act }));
      await load();
      fill(place, sections.map((one) => one.element));
    } catch (error) {
      app.report(error);
    }
  }

  /**
   * @param {string} question
   * @param {string} method
   * @param {string} path
   */
  async function sure(question, method, path) {
    if (!(await ask(app, t(`${question}_sure`, userid), t(question)))) return;
    if ((await act(method, path)) === undefined || question !== "close_account") return;
    isClosed = true;
    await app.reloadAccounts().catch(app.report);
    app.go("account", [], { account: "" });
  }

  const timer = setInterval(() => {
    if (!document.hidden && !isClosed) void load();
  }, INTERVAL);
  void start();
  return {
    element: h(
      "div",
      { class: "page" },
      h("h1", {}, `${t("account")} ${userid}`),
      h(
        "nav",
        { "aria-label": t("sections") },
        Object.keys(TABS).map((name) =>
          h("a", { href: formatRoute("account", name === "now" ? [] : [name], store.state.route.query), "aria-current": name === tab ? "page" : false }, t(`tab_${name}`)),
        ),
      ),
      TABS[tab] ? place : h("p", { class: "empty" }, t("unknown_page", tab)),
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", class: "danger", click: () => sure("reset", "POST", "/reset") }, t("reset")),
        h("button", { type: "button", class: "danger", click: () => sure("close_account", "DELETE", "") }, t("close_account")),
      ),
    ),
    title: `${t("account")} ${userid}`,
    follow: (route) => route.query["account"] === userid && (route.parts[0] ?? "now") === tab,
    refresh: () => void (isClosed || load()),
    close: () => {
      isClosed = true;
      clearInterval(timer);
    },
  };
}
