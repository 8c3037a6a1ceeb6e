/** One account: what is left, its clock, its faults and its settings. Without a choice: all accounts. */

import { Api } from "../api.js";
import { fill, h } from "../dom.js";
import { fullTime } from "../format.js";
import { formatRoute } from "../route.js";
import { visible } from "../text.js";

/** @typedef {import("../api.js").Account} Account */
/** @typedef {import("../api.js").Clock} Clock */
/** @typedef {{id: number, fault: Record<string, unknown>, matched: number, applied: number, left: number | null}} FaultStatus */

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function accountView(app) {
  const { t, store } = app;
  const userid = store.state.route.query["account"];
  if (userid) return oneAccount(app, userid);
  const list = h("ul", { class: "cards" });
  const draw = () =>
    fill(
      list,
      store.state.accounts.map((one) =>
        h(
          "li",
          { class: "card" },
          h("h2", {}, h("a", { href: formatRoute("account", [], { ...store.state.route.query, account: one.userid }) }, one.userid)),
          h("p", {}, `${t("left")}: ${one.left}`, one.is_locked && h("span", { class: "state refused" }, t("locked"))),
        ),
      ),
    );
  const unsubscribe = store.subscribe((state, former) => {
    if (state.accounts !== former.accounts) draw();
  });
  draw();
  return {
    element: h(
      "div",
      { class: "page" },
      h("h1", {}, t("account")),
      h("p", {}, t("choose_account")),
      list,
      h(
        "button",
        {
          type: "button",
          click: async () => {
            try {
              /** @type {Account} */
              const opened = await app.api.send("POST", "accounts", {});
              await app.reloadAccounts();
              app.go("account", [], { account: opened.userid });
            } catch (error) {
              app.report(error);
            }
          },
        },
        t("open_account"),
      ),
    ),
    title: t("account"),
    follow: (route) => !route.query["account"],
    refresh: () => void app.reloadAccounts().catch(app.report),
    close: unsubscribe,
  };
}

/**
 * @param {import("../app.js").App} app
 * @param {string} userid
 * @returns {import("../app.js").View}
 */
function oneAccount(app, userid) {
  const { t, api } = app;
  const facts = h("section", { class: "card" });
  const clock = h("section", { class: "card" });
  const faults = h("section", { class: "card" });
  const events = h("div", { role: "status" });
  const saved = h("p", { role: "status", class: "done" });
  const text = h("textarea", { id: "settings", rows: 12, spellcheck: "false" });
  let isEdited = false;
  text.addEventListener("input", () => (isEdited = true));

  async function load() {
    try {
      /** @type {[Account, Clock, import("../api.js").Page<FaultStatus>]} */
      const [account, time, arranged] = await Promise.all([
        api.get(Api.account(userid)),
        api.get(Api.account(userid, "/clock")),
        api.get(Api.account(userid, "/faults")),
      ]);
      drawFacts(account);
      drawClock(time);
      drawFaults(arranged.items);
      if (!isEdited) text.value = JSON.stringify(account.settings, null, 2);
    } catch (error) {
      app.report(error);
    }
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async function act(method, path, body) {
    try {
      const answer = await api.send(method, Api.account(userid, path), body);
      await load();
      return answer;
    } catch (error) {
      app.report(error);
      return null;
    }
  }

  /** @param {Account} account */
  function drawFacts(account) {
    const limit = String(account.settings["max_concurrency"]);
    fill(
      facts,
      h(
        "dl",
        { class: "facts" },
        [
          [t("left"), String(account.left)],
          [t("reserved"), String(account.reserved)],
          [t("in_progress"), `${account.in_progress} / ${limit}`],
          [t("password"), account.password],
        ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
      ),
      account.is_locked &&
        h("p", {}, h("span", { class: "state refused" }, t("locked")), " ", h("button", { type: "button", click: () => act("DELETE", "/lock") }, t("unlock"))),
    );
  }

  /** @param {Clock} time */
  function drawClock(time) {
    const minutes = h("input", { type: "number", min: 0, step: "any", value: 60, id: "minutes" });
    fill(
      clock,
      h("h2", {}, t("clock")),
      h("p", {}, h("time", { datetime: time.now }, fullTime(time.now)), " ", h("span", { class: "state" }, t(time.mode))),
      h(
        "div",
        { class: "actions" },
        time.mode !== "frozen" && h("button", { type: "button", click: () => act("PUT", "/clock", { mode: "frozen" }) }, t("freeze")),
        time.mode !== "real" && h("button", { type: "button", click: () => act("PUT", "/clock", { mode: "real" }) }, t("real_time")),
        h("button", { type: "button", click: () => advance(Number(minutes.value) * 60) }, t("advance")),
        minutes,
        h("label", { for: "minutes" }, t("minutes")),
      ),
      events,
    );
  }

  /** @param {number} seconds */
  async function advance(seconds) {
    /** @type {{events: {at: string, kind: string, phone: string | null, text: string}[]} | null} */
    const result = await act("POST", "/clock/advance", { seconds });
    if (!result) return;
    fill(
      events,
      h("p", {}, t(result.events.length > 0 ? "happened" : "nothing_happened")),
      h("ul", {}, result.events.slice(0, 100).map((one) => h("li", {}, `${fullTime(one.at)} ${one.kind} `, ...visible(`${one.phone ?? ""} ${one.text}`)))),
    );
  }

  /** @param {FaultStatus[]} arranged */
  function drawFaults(arranged) {
    fill(
      faults,
      h("h2", {}, t("faults")),
      arranged.length === 0 && h("p", {}, t("no_faults")),
      h(
        "ul",
        { class: "plain" },
        arranged.map(({ id, fault, left }) => {
          const { kind, ...rest } = fault;
          const said = Object.entries(rest).filter(([, value]) => value !== null).map(([name, value]) => `${name}=${value}`);
          return h(
            "li",
            {},
            h("strong", {}, String(kind)),
            " ",
            ...visible(said.join(" ")),
            ` (${left === null ? t("always") : t("left_of_fault", left)}) `,
            h("button", { type: "button", class: "quiet", click: () => act("DELETE", `/faults/${id}`) }, t("remove")),
          );
        }),
      ),
      arranged.length > 1 && h("button", { type: "button", click: () => act("DELETE", "/faults") }, t("remove_all")),
    );
  }

  async function save() {
    let settings;
    try {
      settings = JSON.parse(text.value);
    } catch (error) {
      app.report(error);
      return;
    }
    // The password shown may be hidden; it stays as it is.
    delete settings["password"];
    if (await act("PATCH", "", settings)) {
      isEdited = false;
      saved.textContent = t("saved");
      await load();
    }
  }

  load();
  return {
    element: h(
      "div",
      { class: "page" },
      h("h1", {}, `${t("account")} ${userid}`),
      facts,
      clock,
      faults,
      h("section", { class: "card fields" }, h("h2", {}, t("settings")), h("label", { for: "settings" }, t("settings")), text, h("button", { type: "button", class: "primary", click: save }, t("save")), saved),
      h(
        "button",
        {
          type: "button",
          class: "danger",
          click: () => {
            if (confirm(t("reset_sure", userid))) act("POST", "/reset");
          },
        },
        t("reset"),
      ),
    ),
    title: `${t("account")} ${userid}`,
    follow: (route) => route.query["account"] === userid,
    refresh: load,
  };
}
