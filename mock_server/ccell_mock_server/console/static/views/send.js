/** Send as a client does, and show the answer with its reason and the request in several languages. */

import { Api } from "../api.js";
import { fill, h } from "../dom.js";
import { copyButton, pretty } from "../format.js";
import { LANGUAGES, attributesOf, escapeXml, payload, sample } from "../samples.js";
import { visible } from "../text.js";

/** @typedef {{element: HTMLElement, read: () => import("../samples.js").Submit, numbers: () => number, count: HTMLElement, segments: number}} Draft */

// Content is counted when typing pauses.
const PAUSE = 120;

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function sendView(app) {
  const { t, api, store } = app;
  const query = store.state.route.query;
  let language = LANGUAGES[0] ?? "";
  let created = 0;
  /** @type {Draft[]} */
  let drafts = [];
  const account = h("select", { id: "from" });
  const password = h("input", { type: "password", id: "send-password", autocomplete: "off" });
  const submits = h("div", { class: "fields" });
  const total = h("p", { role: "status" });
  const result = h("section", { class: "card", hidden: true, "aria-live": "polite" });
  const code = h("div", { class: "samples" });
  const form = h(
    "form",
    { class: "card fields" },
    labelled(t("account"), account),
    labelled(t("password_needed"), password),
    submits,
    total,
    h(
      "div",
      { class: "actions" },
      h("button", { type: "submit", class: "primary" }, t("send")),
      h("button", { type: "button", click: () => addDraft("", "") }, t("add_submit")),
    ),
  );

  /**
   * @param {string} label
   * @param {HTMLElement} control
   */
  function labelled(label, control) {
    return h("div", {}, h("label", { for: control.id }, label), control);
  }

  /**
   * @param {string} to
   * @param {string} text
   */
  function addDraft(to, text) {
    const number = ++created;
    const id = (/** @type {string} */ name) => (number === 1 ? name : `${name}-${number}`);
    const phone = h("textarea", { id: id("to"), rows: 1, required: true, spellcheck: "false" }, to);
    const content = h("textarea", { id: id("content"), rows: 3, required: true }, text);
    const linkid = h("input", { type: "text", id: id("linkid") });
    const spcode = h("input", { type: "text", id: id("spcode") });
    const sendtime = h("input", { type: "text", id: id("sendtime"), placeholder: "2026-01-31 08:00:00" });
    const count = h("p", { class: "counted", id: id("counted") });
    content.setAttribute("aria-describedby", count.id);
    const read = () => ({
      phone: phone.value.trim().replace(/\s*\n\s*/gu, ","),
      content: content.value,
      linkid: linkid.value,
      spcode: spcode.value,
      sendtime: sendtime.value || null,
    });
    const numbers = () => read().phone.split(",").filter((one) => one.trim()).length;
    const remove = h("button", { type: "button", class: "quiet", click: () => {
      drafts = drafts.filter((one) => one !== draft);
      draft.element.remove();
      changed();
    } }, t("remove"));
    const element = h(
      "fieldset",
      { class: "fields submit" },
      h("legend", {}, t("submit_number", number)),
      labelled(t("numbers"), phone),
      labelled(t("content"), content),
      count,
      h("div", { class: "row-of-fields" }, labelled(t("linkid"), linkid), labelled(t("spcode"), spcode), labelled(t("sendtime"), sendtime)),
      number > 1 && remove,
    );
    /** @type {Draft} */
    const draft = { element, read, numbers, count, segments: 0 };
    drafts.push(draft);
    submits.append(element);
    changed();
    if (number > 1) phone.focus();
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let counting;
  function changed() {
    drawCode();
    clearTimeout(counting);
    counting = setTimeout(() => void countAll(), PAUSE);
  }

  async function countAll() {
    if (!account.value) return;
    try {
      await Promise.all(
        drafts.map(async (draft) => {
          const { content } = draft.read();
          const { characters, segments } = await api.send("POST", Api.account(account.value, "/count"), { content });
          if (content !== draft.read().content) return;
          draft.segments = segments;
          draft.count.textContent = t("counted", characters, segments, draft.numbers(), segments * draft.numbers());
        }),
      );
      const charge = drafts.reduce((sum, one) => sum + one.segments * one.numbers(), 0);
      total.textContent = drafts.length > 1 ? t("charged_in_all", charge) : "";
    } catch (error) {
      app.report(error);
    }
  }

  function drawAccounts() {
    const former = account.value || query["account"];
    fill(account, store.state.accounts.map(({ userid }) => h("option", { value: userid, selected: userid === former }, userid)));
    if (account.value !== chosen) choose();
  }

  let chosen = "";
  /** Fill in a password that the emulator made. Others are not known here. */
  function choose() {
    chosen = account.value;
    const one = store.state.accounts.find(({ userid }) => userid === chosen);
    password.value = one && !/^\*+$/u.test(one.password) ? one.password : "";
    changed();
  }

  function drawCode() {
    const text = sample(language, { url: api.gateway.href, userid: account.value, submits: drafts.map((one) => one.read()) });
    fill(
      code,
      h(
        "div",
        { class: "tabs", role: "group", "aria-label": t("again_as") },
        LANGUAGES.map((one) => h("button", { type: "button", "aria-pressed": String(one === language), click: () => { language = one; drawCode(); } }, one)),
        copyButton(app, text),
      ),
      h("pre", { tabindex: "0" }, ...visible(text)),
    );
  }

  async function send() {
    const path = Api.account(account.value);
    try {
      const { position } = await api.get(path);
      const response = await fetch(new URL("send.jsp", api.gateway), {
        method: "POST",
        headers: { "Content-Type": "text/xml;charset=UTF-8" },
        body: payload(account.value, drafts.map((one) => attributesOf(one.read())), escapeXml(password.value)),
      }).catch(() => null);
      const answer = response && (await response.text().catch(() => null));
      /** @type {import("../api.js").Page<import("../api.js").Entry>} */
      const { items } = await api.get(`${path}/journal`, { after_position: position, operation: "send", limit: 1000 });
      const entry = items.find((one) => one.answer === answer) ?? items.at(-1);
      fill(
        result,
        h("h2", {}, t("answer")),
        entry && h("p", {}, h("strong", {}, entry.code), ` ${t("rule")}: ${entry.rule} · ${t("basis")}: ${entry.basis}`),
        entry && entry.explanation && h("div", { class: "explanation" }, entry.explanation.split("\n").map((line) => h("p", {}, ...visible(line)))),
        answer === null && h("p", {}, t("no_answer_sent")),
        answer !== null && entry && !entry.explanation && h("p", {}, t("accepted")),
        answer !== null && h("pre", { tabindex: "0" }, ...visible(pretty(answer))),
      );
      result.hidden = false;
    } catch (error) {
      app.report(error);
    }
  }

  form.addEventListener("input", changed);
  account.addEventListener("change", choose);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  addDraft("13800000000", "您的验证码是4711。【签名】");
  const unsubscribe = store.subscribe((state, former) => {
    if (state.accounts !== former.accounts) drawAccounts();
  });
  drawAccounts();
  return {
    element: h("div", { class: "page" }, h("h1", {}, t("send")), h("p", {}, t("send_about")), form, result, h("h2", {}, t("again_as")), code),
    title: t("send"),
    close() {
      unsubscribe();
      clearTimeout(counting);
    },
  };
}
