/** Send as a client does, and show the request in several languages. */

import { fill, h } from "../dom.js";
import { copyButton, pretty } from "../format.js";
import { LANGUAGES, escapeXml, payload, sample } from "../samples.js";
import { visible } from "../text.js";

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function sendView(app) {
  const { t, api, store } = app;
  const query = store.state.route.query;
  let language = LANGUAGES[0] ?? "";
  const account = h("select", { id: "from" });
  const password = h("input", { type: "password", id: "send-password", autocomplete: "off" });
  const phone = h("input", { type: "text", id: "to", value: "13800000000", required: true });
  const content = h("textarea", { id: "content", rows: 3, required: true }, "您的验证码是4711。【签名】");
  const linkid = h("input", { type: "text", id: "linkid" });
  const sendtime = h("input", { type: "text", id: "sendtime", placeholder: "2026-01-31 08:00:00" });
  const result = h("pre", { hidden: true, tabindex: "0" });
  const code = h("div", { class: "samples" });
  const form = h(
    "form",
    { class: "card fields" },
    field(t("account"), account),
    field(t("password_needed"), password),
    field(t("numbers"), phone),
    field(t("content"), content),
    field(t("linkid"), linkid),
    field(t("sendtime"), sendtime),
    h("button", { type: "submit", class: "primary" }, t("send")),
  );

  /**
   * @param {string} label
   * @param {HTMLElement} control
   */
  function field(label, control) {
    return h("div", {}, h("label", { for: control.id }, label), control);
  }

  function submit() {
    return { phone: phone.value, content: content.value, linkid: linkid.value, sendtime: sendtime.value || null, spcode: "" };
  }

  function drawAccounts() {
    const former = account.value || query["account"];
    fill(account, store.state.accounts.map(({ userid }) => h("option", { value: userid, selected: userid === former }, userid)));
    choose();
  }

  /** Fill in a password that the emulator made. Others are not known here. */
  function choose() {
    const chosen = store.state.accounts.find((one) => one.userid === account.value);
    const isKnown = chosen !== undefined && !/^\*+$/u.test(chosen.password);
    password.value = isKnown ? chosen.password : "";
    drawCode();
  }

  function drawCode() {
    const text = sample(language, { url: api.gateway.href, userid: account.value, submit: submit() });
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

  form.addEventListener("input", drawCode);
  account.addEventListener("change", choose);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { phone: to, content: text, linkid: reference, sendtime: at } = submit();
    const attributes = /** @type {[string, string][]} */ (
      Object.entries({ phone: to, content: text, linkid: reference, sendtime: at ?? "" }).filter(([, value]) => value)
    );
    try {
      const response = await fetch(new URL("send.jsp", api.gateway), {
        method: "POST",
        headers: { "Content-Type": "text/xml;charset=UTF-8" },
        body: payload(account.value, attributes, escapeXml(password.value)),
      });
      fill(result, ...visible(pretty(await response.text())));
      result.hidden = false;
    } catch {
      app.report(new Error(t("no_answer")));
    }
  });
  const unsubscribe = store.subscribe((state, former) => {
    if (state.accounts !== former.accounts) drawAccounts();
  });
  drawAccounts();
  return {
    element: h("div", { class: "page" }, h("h1", {}, t("send")), h("p", {}, t("send_about")), form, result, h("h2", {}, t("again_as")), code),
    title: t("send"),
    close: unsubscribe,
  };
}
