/** Who holds a phone: a persona that answers by itself or not, or nobody, because the phone is switched off. */

import { Api } from "../api.js";
import { h } from "../dom.js";
import { inTurn } from "../turn.js";

/**
 * @typedef {{phone: string, answers: {keyword: string, text: string}[], echo: boolean}} Persona
 * @typedef {{phone: string | null, content: string | null, linkid: string | null, stat: string, rate: number}} Outcome
 * @typedef {"silent" | "echo" | "keyword" | "off"} Kind
 */

/** @type {Kind[]} */
const KINDS = ["silent", "echo", "keyword", "off"];
const SWITCHED_OFF = "EXPIRED";

/**
 * @param {import("../app.js").App} app
 * @param {string} number
 * @param {() => string} userid - the account that knows the holder
 */
export function holder(app, number, userid) {
  const { t, api } = app;
  const kind = h("select", { "aria-label": t("holder") }, KINDS.map((one) => h("option", { value: one }, t(`holder_${one}`))));
  const keyword = h("input", { type: "text", required: true, size: 8, "aria-label": t("keyword"), placeholder: t("keyword") });
  const text = h("input", { type: "text", required: true, "aria-label": t("keyword_answer"), placeholder: t("keyword_answer") });
  const form = h("form", { class: "bar", hidden: true }, keyword, text, h("button", { type: "submit" }, t("save")));

  let isEdited = false;
  const load = inTurn(show);

  form.addEventListener("input", () => (isEdited = true));
  kind.addEventListener("change", () => {
    isEdited = true;
    form.hidden = kind.value !== "keyword";
    if (form.hidden) choose();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    choose();
  });

  /** @returns {Promise<{personas: Persona[], outcomes: Outcome[]}>} */
  async function settings() {
    return (await api.get(Api.account(userid()))).settings;
  }

  /** @param {{phone: string | null}} rule */
  function isOfOthers(rule) {
    return rule.phone !== number;
  }

  async function choose() {
    kind.disabled = true;
    try {
      const { personas, outcomes } = await settings();
      const answers = kind.value === "keyword" ? [{ keyword: keyword.value, text: text.value }] : [];
      const off = kind.value === "off" ? [{ phone: number, stat: SWITCHED_OFF }] : [];
      await api.send("PATCH", Api.account(userid()), {
        personas: [{ phone: number, answers, echo: kind.value === "echo" }, ...personas.filter(isOfOthers)],
        outcomes: [...off, ...outcomes.filter(isOfOthers)],
      });
    } catch (error) {
      app.report(error);
    } finally {
      kind.disabled = false;
      isEdited = false;
    }
    await load();
  }

  async function show() {
    if (!userid() || isEdited) return;
    try {
      const { personas, outcomes } = await settings();
      if (isEdited) return;
      const persona = personas.find((one) => matches(one.phone));
      const answer = persona?.answers[0];
      kind.value = isOff(outcomes) ? "off" : answer ? "keyword" : persona?.echo ? "echo" : "silent";
      form.hidden = kind.value !== "keyword";
      keyword.value = answer?.keyword ?? "";
      text.value = answer?.text ?? "";
    } catch (error) {
      app.report(error);
    }
  }

  /** @param {Outcome[]} outcomes */
  function isOff(outcomes) {
    const found = outcomes.find((one) => one.phone !== null && one.content === null && one.linkid === null && matches(one.phone));
    return found?.stat === SWITCHED_OFF && found.rate === 1;
  }

  /** @param {string} pattern */
  function matches(pattern) {
    const parts = pattern.split("*").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "su").test(number);
  }

  return { element: h("div", { class: "holder" }, kind, form), load };
}
