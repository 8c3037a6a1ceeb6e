/** The journal: every request with its answer and the reason, newest first; two of them side by side. */

import { Api } from "../api.js";
import { fill, h } from "../dom.js";
import { dayOf, fullTime, pretty, timeOfDay } from "../format.js";
import { formatRoute } from "../route.js";
import { visible } from "../text.js";

/** @typedef {import("../api.js").Entry} Entry */
/** @typedef {Entry & {userid: string}} Owned */

const SHOWN = 500;
const OPERATIONS = ["send", "report", "upmsg", "info"];

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function requestsView(app) {
  const { t, api, store } = app;
  let route = store.state.route;
  /** @type {Owned[]} */
  let entries = [];
  let isDropped = false;

  const operation = choice(t("operation"), "operation", [["", t("all_operations")], ...OPERATIONS.map((one) => /** @type {[string, string]} */ ([one, one]))]);
  const code = h("input", { type: "search", "aria-label": t("code"), placeholder: t("code"), size: 9, value: route.query["code"] ?? "" });
  code.addEventListener("change", () => app.go("requests", [], { ...route.query, code: code.value }));
  const rows = h("ul", { class: "rows still", "aria-label": t("requests") });
  const note = h("p", { class: "empty", hidden: true });
  const panel = h("section", { class: "detail", hidden: true });
  const element = h(
    "div",
    { class: "split" },
    h("h1", { class: "hidden" }, t("requests")),
    h(
      "section",
      { class: "listing" },
      h("div", { class: "search" }, operation, code),
      note,
      h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": t("requests") }, rows),
    ),
    panel,
  );

  /**
   * @param {string} label
   * @param {string} name
   * @param {[string, string][]} options
   */
  function choice(label, name, options) {
    const select = h("select", { "aria-label": label }, options.map(([value, text]) => h("option", { value, selected: value === (route.query[name] ?? "") }, text)));
    select.addEventListener("change", () => app.go("requests", [], { ...route.query, [name]: select.value }));
    return select;
  }

  /** The journals to read: one account's, or those of all and of no account. */
  function journals() {
    const chosen = route.query["account"];
    if (chosen) return [{ userid: chosen, path: Api.account(chosen, "/journal") }];
    return [
      { userid: "", path: "journal" },
      ...store.state.accounts.map(({ userid }) => ({ userid, path: Api.account(userid, "/journal") })),
    ];
  }

  /**
   * The last entries of a journal.
   * @param {{userid: string, path: string}} journal
   */
  async function read({ userid, path }) {
    const filters = { operation: route.query["operation"], code: route.query["code"] };
    let after = entries.filter((entry) => entry.userid === userid).at(-1)?.position ?? 0;
    /** @type {Owned[]} */
    const found = [];
    for (;;) {
      try {
        /** @type {import("../api.js").Page<Entry>} */
        const page = await api.get(path, { ...filters, after_position: after, limit: 1000 });
        found.push(...page.items.map((entry) => ({ ...entry, userid })));
        if (page.next === null) return found.slice(-SHOWN);
        after = Number(page.next);
      } catch (error) {
        const problem = /** @type {{problem?: import("../api.js").Problem}} */ (error).problem;
        if (problem?.status !== 410 || problem.after_position === undefined) throw error;
        isDropped = true;
        after = problem.after_position;
      }
    }
  }

  async function load() {
    try {
      const found = await Promise.all(journals().map(read));
      // Two loads at the same time may have read the same entries.
      const all = new Map([...entries, ...found.flat()].map((entry) => [entry.position, entry]));
      entries = [...all.values()].sort((one, other) => one.position - other.position).slice(-SHOWN);
      draw();
    } catch (error) {
      app.report(error);
    }
  }

  function draw() {
    note.hidden = entries.length > 0 && !isDropped;
    note.textContent = entries.length === 0 ? t("no_requests") : t("dropped");
    const open = route.parts;
    fill(
      rows,
      [...entries].reverse().map((entry) =>
        h(
          "li",
          { class: "row" },
          h(
            "a",
            { href: formatRoute("requests", next(entry.position), route.query), "aria-current": open.includes(String(entry.position)) ? "true" : false },
            h("span", { class: "when" }, timeOfDay(entry.at, dayOf())),
            h("span", { class: "who" }, entry.userid || t("no_account")),
            h("span", { class: "phone" }, entry.operation),
            h("span", { class: "text" }, ...visible(entry.explanation.split("\n")[0] || entry.rule)),
            h("span", { class: "linkid" }, `${(entry.duration / 1000).toFixed(1)} ms`),
            h("span", { class: `state ${entry.code === "0" ? "delivered" : "refused"}` }, entry.code || entry.delivery),
          ),
        ),
      ),
    );
    const shown = entries.filter((entry) => open.includes(String(entry.position)));
    panel.hidden = shown.length === 0;
    element.classList.toggle("open", shown.length > 0);
    fill(panel, shown.map(detail));
  }

  /**
   * The entries that are open after one was chosen: the last two, to compare them.
   * @param {number} position
   */
  function next(position) {
    const text = String(position);
    const open = route.parts.filter((one) => one !== text);
    return route.parts.includes(text) ? open : [...open.slice(-1), text];
  }

  /** @param {Owned} entry */
  function detail(entry) {
    const answer = entry.answer ?? "";
    return h(
      "article",
      { class: "message" },
      h(
        "header",
        {},
        h("h2", {}, `${entry.operation} ${entry.code || entry.delivery}`),
        h("a", { class: "button quiet", href: formatRoute("requests", next(entry.position), route.query) }, t("close")),
      ),
      h("p", {}, h("time", { datetime: entry.at }, fullTime(entry.at))),
      entry.explanation.split("\n").filter(Boolean).map((line) => h("p", { class: "explanation" }, ...visible(line))),
      h(
        "dl",
        { class: "facts" },
        [
          [t("account"), entry.userid || t("no_account")],
          [t("rule"), entry.rule],
          [t("basis"), entry.basis],
          [t("duration"), `${(entry.duration / 1000).toFixed(1)} ms`],
          [t("delivery"), entry.delivery],
          [t("peer"), entry.peer],
        ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...visible(value ?? "")))),
      ),
      h("h3", {}, t("request"), " ", h("small", {}, t("bytes", new TextEncoder().encode(entry.request).length))),
      h("pre", { tabindex: "0" }, ...visible(pretty(entry.request))),
      h("h3", {}, t("answer"), " ", h("small", {}, t("bytes", new TextEncoder().encode(answer).length))),
      entry.answer === null ? h("p", {}, t("no_answer_sent")) : h("pre", { tabindex: "0" }, ...visible(pretty(answer))),
    );
  }

  load();
  return {
    element,
    title: t("requests"),
    follow(following) {
      const isSame = ["account", "operation", "code"].every((name) => (following.query[name] ?? "") === (route.query[name] ?? ""));
      route = following;
      if (isSame) {
        draw();
      } else {
        entries = [];
        isDropped = false;
        operation.value = route.query["operation"] ?? "";
        code.value = route.query["code"] ?? "";
        load();
      }
      return true;
    },
    refresh: load,
    key(event) {
      if (event.key !== "Escape" || route.parts.length === 0) return false;
      app.go("requests", [], route.query);
      return true;
    },
  };
}
