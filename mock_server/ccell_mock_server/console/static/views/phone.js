/** Phones with their conversations: what the gateway sent to them, and what they sent. Several stand side by side. */

import { Api } from "../api.js";
import { fill, h } from "../dom.js";
import { dayOf, timeOfDay } from "../format.js";
import { contentNodes, visible } from "../text.js";
import { inTurn } from "../turn.js";
import { holder } from "./holder.js";

/** @typedef {import("../api.js").Message} Message */
/** @typedef {import("../api.js").Upmsg} Upmsg */

const QUICK = ["1", "TD", "退订"];

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function phoneView(app) {
  const { t, store } = app;
  let route = store.state.route;
  const input = h("input", { type: "text", id: "phone", required: true, inputmode: "tel", autocomplete: "off" });
  const form = h("form", { class: "bar" }, h("label", { for: "phone" }, t("phone_number")), input, h("button", { type: "submit" }, t("open_phone")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const number = input.value.trim();
    if (number && !route.parts.includes(number)) app.go("phone", [...route.parts, number], route.query);
    input.value = "";
  });
  const phones = h("div", { class: "phones" });
  const element = h("div", { class: "page" }, h("h1", {}, t("phones")), form, phones);
  /** @type {import("../app.js").View[]} */
  let shown = [];

  function open() {
    shown = route.parts.map((number) =>
      phone(app, number, () => app.go("phone", route.parts.filter((one) => one !== number), route.query)),
    );
    fill(phones, shown.map((one) => one.element));
  }

  open();
  return {
    element,
    title: t("phones"),
    follow(next) {
      route = next;
      open();
      return true;
    },
    refresh() {
      for (const one of shown) one.refresh?.();
    },
  };
}

/**
 * @param {import("../app.js").App} app
 * @param {string} number
 * @param {() => void} close
 * @returns {import("../app.js").View}
 */
function phone(app, number, close) {
  const { t, api, store } = app;
  const talk = h("ol", { class: "talk", tabindex: "0", "aria-label": number });
  const text = h("input", { type: "text", "aria-label": t("answer_text"), placeholder: t("answer_text"), maxlength: 10000 });
  const account = h("select", { "aria-label": t("account") });
  const form = h("form", { class: "bar" }, account, text, h("button", { type: "submit", class: "primary" }, t("send")));
  const quick = h("div", { class: "quick" }, QUICK.map((word) => h("button", { type: "button", click: () => answer(word) }, word)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (text.value && (await answer(text.value))) text.value = "";
  });
  const held = holder(app, number, () => account.value);
  account.addEventListener("change", held.load);
  let drawn = "";
  const load = inTurn(show);

  function accounts() {
    const chosen = store.state.route.query["account"];
    return chosen ? [chosen] : store.state.accounts.map((one) => one.userid);
  }

  /** @param {string} content */
  async function answer(content) {
    try {
      await api.send("POST", Api.account(account.value, "/upmsgs"), { phone: number, content });
      await load();
      return true;
    } catch (error) {
      app.report(error);
      return false;
    }
  }

  async function show() {
    try {
      const found = await Promise.all(accounts().map(conversation));
      const all = found.flat().sort((one, other) => one.at.localeCompare(other.at));
      const names = accounts();
      const talked = all.at(-1)?.userid;
      const text = JSON.stringify([all, names]);
      if (text === drawn) return;
      drawn = text;
      const former = account.value;
      fill(account, names.map((userid) => h("option", { value: userid, selected: userid === (former || talked) }, userid)));
      fill(talk, all.length > 0 ? all.map(bubble) : h("li", { class: "empty" }, t("no_conversation")));
      talk.scrollTop = talk.scrollHeight;
      await held.load();
    } catch (error) {
      app.report(error);
    }
  }

  /**
   * @param {string} userid
   * @returns {Promise<{at: string, userid: string, message?: Message, upmsg?: Upmsg}[]>}
   */
  async function conversation(userid) {
    const query = { phone: number, newest_first: true, limit: 100 };
    /** @type {[import("../api.js").Page<Message>, import("../api.js").Page<Upmsg>]} */
    const [messages, upmsgs] = await Promise.all([
      api.get(Api.account(userid, "/messages"), query),
      api.get(Api.account(userid, "/upmsgs"), query),
    ]);
    return [
      ...messages.items.filter((one) => one.state !== "refused").map((message) => ({ at: message.sendtime ?? message.submitted_at, userid, message })),
      ...upmsgs.items.map((upmsg) => ({ at: upmsg.motime, userid, upmsg })),
    ];
  }

  /** @param {Upmsg} upmsg */
  async function requeue({ userid, id }) {
    try {
      await api.send("POST", Api.account(userid, `/upmsgs/${id}/requeue`));
      await load();
    } catch (error) {
      app.report(error);
    }
  }

  /** @param {{at: string, userid: string, message?: Message, upmsg?: Upmsg}} said */
  function bubble({ at, userid, message, upmsg }) {
    const state = message ? t(message.state) : t(upmsg?.fetched_at ? "taken" : "queued");
    return h(
      "li",
      { class: message ? `in ${message.state}` : "out" },
      h("p", { class: "bubble" }, ...(message ? contentNodes(message.content, message.verification_code) : visible(upmsg?.msgcontent ?? ""))),
      h(
        "small",
        {},
        timeOfDay(at, dayOf()),
        ` · ${userid} · ${state} `,
        upmsg?.fetched_at && h("button", { type: "button", class: "quiet", click: () => requeue(upmsg) }, t("requeue")),
      ),
    );
  }

  load();
  return {
    element: h(
      "section",
      { class: "phone card", "aria-label": number },
      h("header", {}, h("h2", {}, ...visible(number)), h("button", { type: "button", class: "quiet", click: close }, t("close"))),
      talk,
      held.element,
      quick,
      form,
    ),
    title: number,
    refresh: load,
  };
}
