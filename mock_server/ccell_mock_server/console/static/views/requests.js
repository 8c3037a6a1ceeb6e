/** The journal: every request with its answer and the reason, newest first; two of them side by side. */

import { differences } from "../diff.js";
import { fill, h } from "../dom.js";
import { codesOf, evidence } from "../evidence.js";
import { Feed } from "../feed.js";
import { dayOf, fullTime, pretty, timeOfDay } from "../format.js";
import { LongList } from "../list.js";
import { formatRoute } from "../route.js";
import { visible } from "../text.js";
import { reason, verdict } from "../verdict.js";

/** @typedef {import("../api.js").RequestRecord} RequestRecord */

const PAGE = 100;
const OPERATIONS = ["send", "report", "upmsg", "info"];
const FILTERS = ["account", "operation", "code", "text", "refused"];

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function requestsView(app) {
  const { t, api, store } = app;
  let route = store.state.route;
  /** @type {import("../evidence.js").Registry} */
  let registry = new Map();
  /** @type {RequestRecord[]} */
  let open = [];

  const operation = h(
    "select",
    { "aria-label": t("operation"), change: () => filter("operation", operation.value) },
    [["", t("all_operations")], ...OPERATIONS.map((one) => [one, one])].map(([value, text]) => h("option", { value }, text)),
  );
  const code = h("input", { type: "search", "aria-label": t("code"), placeholder: t("code_pattern"), size: 12, change: () => filter("code", code.value) });
  const text = h("input", { type: "search", id: "search", "aria-label": t("request_text"), placeholder: t("request_text"), change: () => filter("text", text.value) });
  const refused = h("input", { type: "checkbox", id: "refused", change: () => filter("refused", refused.checked ? "true" : "") });
  const note = h("p", { class: "empty", hidden: true });
  const panel = h("section", { class: "detail", hidden: true });
  /** @type {LongList<RequestRecord>} */
  const list = new LongList({ row, key: (entry) => String(entry.position), more: () => feed.more(), label: t("requests") });
  const feed = new Feed(list, ask, app.report, () => {
    note.hidden = list.items.length > 0;
    note.textContent = t(FILTERS.some((name) => route.query[name]) ? "no_request_found" : "no_requests");
  });
  const element = h(
    "div",
    { class: "split" },
    h("h1", { class: "hidden" }, t("requests")),
    h(
      "section",
      { class: "listing" },
      h("div", { class: "search" }, text, operation, code, h("label", { class: "check" }, refused, t("only_refused"))),
      note,
      list.element,
    ),
    panel,
  );

  /**
   * @param {string} name
   * @param {string} value
   */
  function filter(name, value) {
    app.go("requests", [], { ...route.query, [name]: value.trim() });
  }

  function drawFilters() {
    operation.value = route.query["operation"] ?? "";
    code.value = route.query["code"] ?? "";
    text.value = route.query["text"] ?? "";
    refused.checked = route.query["refused"] === "true";
  }

  /**
   * @param {string | number | null} cursor
   * @param {AbortSignal} signal
   */
  function ask(cursor, signal) {
    const { account, operation: endpoint, code: pattern, text: part, refused: isRefused } = route.query;
    const filters = { userid: account, operation: endpoint, code: pattern, text: part && `*${part}*`, is_refused: isRefused };
    return api.get("requests", { ...filters, limit: PAGE, cursor }, signal);
  }

  /** @param {RequestRecord} entry */
  function row(entry) {
    const codes = codesOf(entry);
    const isGood = codes.every((one) => one === "0") && entry.code === "0";
    return h(
      "li",
      { class: "row" },
      h(
        "a",
        {
          href: formatRoute("requests", next(entry.position), route.query),
          "aria-current": route.parts.includes(String(entry.position)) ? "true" : false,
        },
        h("span", { class: "when" }, timeOfDay(entry.at, dayOf())),
        h("span", { class: "who" }, entry.userid || t("no_account")),
        h("span", { class: "phone" }, entry.operation ?? t("no_endpoint")),
        h("span", { class: "text" }, ...visible(entry.explanation ? reason(app, registry, entry) : submitOf(entry))),
        h("span", { class: "linkid" }, `${(entry.duration / 1000).toFixed(1)} ms`),
        h("span", { class: `state ${isGood ? "delivered" : "refused"}`, title: codes.join(", ") }, codes.filter((one) => one !== "0").join(" ") || entry.code || entry.delivery),
      ),
    );
  }

  /**
   * The entries that are open after one was chosen: the last two, to compare them.
   * @param {number} position
   */
  function next(position) {
    const chosen = String(position);
    const others = route.parts.filter((one) => one !== chosen);
    return route.parts.includes(chosen) ? others : [...others.slice(-1), chosen];
  }

  /** Show the requests that the address names. */
  async function show() {
    const { parts } = route;
    try {
      const found = await Promise.all(parts.map(find));
      if (parts !== route.parts) return;
      open = found.flatMap((entry) => entry ?? []);
      panel.hidden = parts.length === 0;
      element.classList.toggle("open", parts.length > 0);
      element.classList.toggle("compare", open.length > 1);
      fill(
        panel,
        open.length < parts.length && h("p", { class: "empty" }, t("entry_dropped")),
        open.map((entry) => detail(entry, open.find((other) => other !== entry))),
      );
    } catch (error) {
      app.report(error);
    }
  }

  /**
   * @param {string} position
   * @returns {Promise<RequestRecord | undefined>}
   */
  async function find(position) {
    const known = [...list.items, ...open].find((entry) => String(entry.position) === position);
    if (known || !/^\d{1,15}$/u.test(position)) return known;
    /** @type {import("../api.js").Page<RequestRecord>} */
    const page = await api.get("requests", { cursor: Number(position) + 1, limit: 1 });
    return page.items.find((entry) => String(entry.position) === position);
  }

  /**
   * @param {RequestRecord} entry
   * @param {RequestRecord} [other] - the request to compare it with
   */
  function detail(entry, other) {
    return h(
      "article",
      { class: "message" },
      h(
        "header",
        {},
        h("h2", {}, `${entry.operation ?? t("no_endpoint")}${entry.door === "json" ? " JSON" : ""} ${codesOf(entry).join(" ") || entry.delivery}`),
        h("a", { class: "button quiet", href: formatRoute("requests", next(entry.position), route.query) }, t("close")),
      ),
      h("p", {}, h("time", { datetime: entry.at }, fullTime(entry.at))),
      entry.explanation && [h("h3", {}, t("why")), verdict(app, registry, entry)],
      h(
        "dl",
        { class: "facts" },
        [
          [t("account"), entry.userid || t("no_account")],
          [t("duration"), `${(entry.duration / 1000).toFixed(1)} ms`],
          [t("delivery"), t(`delivery_${entry.delivery}`)],
          [t("peer"), entry.peer],
        ].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, ...visible(value ?? "")))),
      ),
      h("h3", {}, t("request"), " ", h("small", {}, size(entry.request))),
      body(entry.request, other?.request),
      h("h3", {}, t("answer"), " ", h("small", {}, size(entry.answer ?? ""))),
      entry.answer === null ? h("p", {}, t("no_answer_sent")) : body(entry.answer, other?.answer),
    );
  }

  /** @param {string} content */
  function size(content) {
    return t("bytes", new TextEncoder().encode(content).length);
  }

  /**
   * A text, with the differences from another marked.
   * @param {string} content
   * @param {string | null} [other]
   */
  function body(content, other) {
    const pieces = other ? differences(pretty(content), pretty(other)) : [{ text: pretty(content), isOther: false }];
    return h("pre", { tabindex: "0" }, pieces.flatMap((piece) => (piece.isOther ? [h("mark", {}, ...visible(piece.text))] : visible(piece.text))));
  }

  drawFilters();
  evidence(api)
    .then((found) => {
      registry = found;
      list.redraw();
    })
    .catch(app.report)
    .then(() => feed.newest())
    .then(show);
  return {
    element,
    title: t("requests"),
    follow(following) {
      const isSame = FILTERS.every((name) => (following.query[name] ?? "") === (route.query[name] ?? ""));
      route = following;
      if (isSame) {
        list.redraw();
      } else {
        drawFilters();
        feed.again();
      }
      show();
      return true;
    },
    refresh: () => feed.newest(),
    key(event) {
      if (event.key === "/") text.focus();
      else if (event.key === "Escape" && route.parts.length > 0) app.go("requests", [], route.query);
      else return false;
      return true;
    },
    close() {
      feed.close();
      list.close();
    },
  };
}

/**
 * What was sent, in short: the numbers and the content of the first submit.
 * @param {RequestRecord} entry
 */
function submitOf({ request }) {
  return ["phone", "content"].map((name) => new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "u").exec(request)?.slice(1).join("") ?? "").map(unescapeXml).join(" ").slice(0, 300).trim();
}

/** @param {string} text */
function unescapeXml(text) {
  const names = /** @type {Record<string, string>} */ ({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" });
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/giu, (whole, name, decimal, hexadecimal) => {
    const point = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    return names[name] ?? (point <= 0x10ffff ? String.fromCodePoint(point) : whole);
  });
}
