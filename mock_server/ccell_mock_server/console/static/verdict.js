/** Why a request or a number was refused: the reason, what passes, and the clauses and questions behind it. */

import { rulesOf } from "./evidence.js";
import { h } from "./dom.js";
import { visible } from "./text.js";

/** @typedef {import("./evidence.js").Registry} Registry */

/**
 * @param {import("./app.js").App} app
 * @param {Registry} registry
 * @param {import("./api.js").Entry} entry
 * @param {{code: string, phone: string} | null} [message] - only what is about this message
 */
export function verdict(app, registry, entry, message = null) {
  const { t } = app;
  const isChinese = app.store.state.language === "zh";
  const rules = rulesOf(registry, entry.rule, message?.code);
  const lines = entry.explanation.split("\n").filter((line) => line && (message === null || isAbout(line, message)));
  return h(
    "div",
    { class: "verdict" },
    rules.map((rule) => h("p", { class: "reason" }, isChinese ? rule.text_zh : rule.text)),
    lines.map((line) => h("p", { class: "explanation", lang: "en" }, ...visible(line))),
    rules.map((rule) => h("p", { class: "passes" }, h("strong", {}, t("passes")), " ", isChinese ? rule.passes_zh : rule.passes)),
    h("p", { class: "rule" }, t("rule"), " ", h("code", {}, rules.map((rule) => rule.id).join(", ") || entry.rule), " · ", t("basis")),
    h("ul", { class: "basis" }, entry.basis.split(", ").filter(Boolean).map((basis) => ground(app, registry, basis))),
  );
}

/**
 * Whether a line of an explanation is about a message: it has its code, and names no other number.
 * @param {string} line
 * @param {{code: string, phone: string}} message
 */
function isAbout(line, message) {
  return line.startsWith(`${message.code}: `) && (line.includes(message.phone) || !/\b1\d{10}\b/u.test(line));
}

/**
 * A ground of a decision, such as `assumed Q28`, with its text in both languages.
 * @param {import("./app.js").App} app
 * @param {Registry} registry
 * @param {string} basis
 */
function ground(app, registry, basis) {
  const { t } = app;
  const [known = "", id = ""] = basis.split(" ");
  const found = registry.get(id);
  if (!found || found.kind === "rule") return h("li", {}, t(`basis_${known}`));
  const answers = found.answers.filter((one) => one.is_default);
  return h(
    "li",
    {},
    h("strong", {}, `${t(found.kind)} ${id}`),
    found.kind === "clause" ? ` · ${t("section", found.source)}` : "",
    ` · ${t(`basis_${known}`)}`,
    h("p", { lang: "zh-CN" }, found.text_zh),
    h("p", { lang: "en" }, found.text),
    answers.map((one) => h("p", { class: "answer" }, `${t("default_answer")} `, h("code", {}, one.answer), ` ${app.store.state.language === "zh" ? one.text_zh : one.text}`)),
  );
}

/**
 * The reason in a few words: the texts of the rules, or the explanation.
 * @param {import("./app.js").App} app
 * @param {Registry} registry
 * @param {import("./api.js").Entry} entry
 */
export function reason(app, registry, entry) {
  const isChinese = app.store.state.language === "zh";
  const rules = rulesOf(registry, entry.rule).map((rule) => (isChinese ? rule.text_zh : rule.text));
  return rules.join(isChinese ? "" : " ") || entry.explanation.split("\n")[0] || "";
}
