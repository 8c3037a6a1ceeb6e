/** One message: what the phone shows, why it was decided so, its life, its request, and what can be done with it. */

import { Api, ApiError } from "../api.js";
import { fill, h } from "../dom.js";
import { evidence } from "../evidence.js";
import { copyButton, counts, fullTime, pretty } from "../format.js";
import { formatRoute } from "../route.js";
import { LANGUAGES, sample } from "../samples.js";
import { contentNodes, visible } from "../text.js";
import { inTurn } from "../turn.js";
import { verdict } from "../verdict.js";

/** @typedef {import("../api.js").Message} Message */
/** @typedef {import("../api.js").Entry} Entry */

/** Results that networks report; any other text is possible. */
const OUTCOMES = ["DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "DELETED", "ACCEPTD", "UNKNOWN", "MK:0001", "DB:0141"];

/**
 * @param {import("../app.js").App} app
 * @param {string} userid
 * @param {string} msgid
 * @param {() => void} close
 * @returns {import("../app.js").View}
 */
export function messageView(app, userid, msgid, close) {
  const { t, api } = app;
  const path = Api.account(userid, `/messages/${encodeURIComponent(msgid)}`);
  const element = h("article", { class: "message" });
  const done = h("p", { role: "status", class: "done" });
  /** @type {Entry | null | undefined} */
  let entry;
  /** @type {Entry | null} - the request that fetched the report */
  let fetch = null;
  /** @type {import("../evidence.js").Registry} */
  let registry = new Map();
  let shown = "";
  let language = LANGUAGES[0] ?? "";
  const load = inTurn(show);

  async function show() {
    try {
      /** @type {Message} */
      const message = await api.get(path);
      entry ??= await request(message);
      if (entry?.explanation) registry = await evidence(api);
      if (message.report?.fetched_at !== fetch?.at) fetch = await fetchOf(message);
      const fetched = message.state === "delivered" || message.state === "failed" ? await lastFetch() : null;
      const text = JSON.stringify([message, fetched]);
      if (text !== shown) draw(message, fetched);
      shown = text;
    } catch (error) {
      if (!(error instanceof ApiError && [404, 422].includes(error.problem.status))) {
        app.report(error);
        return;
      }
      shown = "";
      fill(element, h("header", {}, h("h2", {}, ...visible(msgid)), closeButton()), h("p", {}, t("message_gone")));
    }
  }

  /**
   * The request that brought it; null if the journal has dropped it.
   * @param {Message} message
   * @returns {Promise<Entry | null>}
   */
  async function request(message) {
    try {
      const query = { after_position: message.position - 1, limit: 1 };
      /** @type {import("../api.js").Page<Entry>} */
      const page = await api.get(Api.account(userid, "/journal"), query);
      const [found] = page.items;
      return found?.position === message.position ? found : null;
    } catch {
      return null;
    }
  }

  /**
   * The request that fetched the report; null if none has, or if the journal has dropped it.
   * @param {Message} message
   * @returns {Promise<Entry | null>}
   */
  async function fetchOf(message) {
    const at = message.report?.fetched_at;
    if (!at) return null;
    const query = { after_position: message.position, operation: "report", limit: 1000 };
    try {
      /** @type {import("../api.js").Page<Entry>} */
      const page = await api.get(Api.account(userid, "/journal"), query);
      return page.items.find((one) => one.at === at) ?? null;
    } catch {
      return null;
    }
  }

  /** Time of the last fetch of reports; null if there was none. */
  async function lastFetch() {
    /** @type {import("../api.js").Page<Entry>} */
    const page = await api.get("requests", { userid, operation: "report", code: "0", limit: 1 });
    return page.items[0]?.at ?? null;
  }

  /**
   * @param {Message} message
   * @param {string | null} fetched - time of the last fetch of reports
   */
  function draw(message, fetched) {
    const query = app.store.state.route.query;
    fill(
      element,
      h(
        "header",
        {},
        h("h2", {}, h("a", { href: formatRoute("phone", [message.phone], { ...query, account: userid, q: "" }) }, ...visible(message.phone))),
        closeButton(),
      ),
      h("p", { class: "bubble" }, ...contentNodes(message.content, message.verification_code)),
      message.verification_code &&
        h("p", { class: "found-code" }, `${t("verification_code")} `, h("strong", {}, message.verification_code), " ", copyButton(app, message.verification_code)),
      h("p", { class: "counted" }, counts(app, message)),
      h("h3", {}, t("why")),
      why(message, fetched),
      h("h3", {}, t("life")),
      life(message),
      h("h3", {}, t("actions")),
      actions(message),
      done,
      entry ? exchange(entry) : h("p", { class: "empty" }, t("entry_dropped")),
      h("h3", {}, t("again_as")),
      againAs(message),
      h("dl", { class: "facts" }, fact("msgid", message.msgid), fact("linkid", message.linkid), fact("spcode", message.spcode), fact(t("account"), userid)),
    );
  }

  function closeButton() {
    return h("button", { type: "button", class: "quiet", click: close }, t("close"));
  }

  /** @param {Message} message */
  function life(message) {
    const steps = [step(message.submitted_at, t("submitted"))];
    if (message.state === "refused") {
      steps.push(step(null, t("was_refused", message.code, message.info), "bad"));
    } else {
      if (message.sendtime) {
        steps.push(step(message.sendtime, t(message.state === "scheduled" ? "due" : "was_sent")));
      }
      if (message.report) {
        const isGood = message.report.status === "0";
        steps.push(step(message.report.recvtime, t("came_in", message.report.info), isGood ? "good" : "bad"));
        const { fetched_at: at } = message.report;
        steps.push(at ? step(at, fetch ? t("fetched_by", fetch.peer) : t("fetched"), "good") : step(null, t("not_fetched"), "open"));
      } else if (message.state !== "scheduled") {
        steps.push(step(null, t("report_due"), "open"));
      }
    }
    return h("ol", { class: "life" }, steps);
  }

  /**
   * @param {string | null} at
   * @param {string} text
   * @param {string} [kind]
   */
  function step(at, text, kind = "") {
    return h("li", { class: kind }, h("span", {}, ...visible(text)), at && h("time", { datetime: at }, fullTime(at)));
  }

  /**
   * What became of it, in a sentence; for a refusal, why.
   * @param {Message} message
   * @param {string | null} fetched
   */
  function why(message, fetched) {
    const { state, report } = message;
    if (state === "refused") {
      return [
        h("p", { class: "outcome bad" }, ...visible(t("was_refused", message.code, message.info))),
        entry && verdict(app, registry, entry, message),
      ];
    }
    const isUnfetched = report !== null && !report.fetched_at;
    const text =
      state === "scheduled" ? t("is_scheduled", fullTime(message.sendtime ?? ""))
      : state === "sent" ? t("is_sent")
      : state === "failed" ? t("is_failed", report?.info ?? "", report?.status ?? "")
      : t(isUnfetched ? "is_unfetched" : "is_done");
    const kind = state === "failed" ? "bad" : state === "delivered" && !isUnfetched ? "good" : "open";
    return [
      h("p", { class: `outcome ${kind}` }, ...visible(text)),
      isUnfetched && h("p", { class: "outcome" }, fetched ? t("last_fetch", fullTime(fetched)) : t("never_fetched")),
    ];
  }

  /** @param {Message} message */
  function actions(message) {
    const canReport = message.state !== "refused" && message.state !== "scheduled" && !message.report?.fetched_at;
    return h(
      "div",
      { class: "actions" },
      canReport && settle(),
      message.report?.fetched_at &&
        h("button", { type: "button", click: () => act("POST", Api.account(userid, `/reports/requeue?msgid=${msgid}`), undefined, t("requeued")) }, t("requeue")),
      h(
        "button",
        {
          type: "button",
          click: () =>
            act(
              "POST",
              Api.account(userid, "/faults"),
              { kind: "code", code: "1004008", operation: "send", phone: message.phone },
              t("arranged", message.phone, "1004008"),
            ),
        },
        t("refuse_next"),
      ),
      h("a", { class: "button", href: formatRoute("phone", [message.phone], { ...app.store.state.route.query, account: userid, q: "" }) }, t("answer_as_phone")),
    );
  }

  /** Let the report come in, with any outcome. */
  function settle() {
    const info = h("input", { type: "text", list: "outcomes", value: "DELIVRD", size: 10, maxlength: 128, required: true, "aria-label": t("outcome") });
    const form = h(
      "form",
      { class: "bar settle" },
      info,
      h("datalist", { id: "outcomes" }, OUTCOMES.map((one) => h("option", { value: one }))),
      h("button", { type: "submit" }, t("report_it")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const stat = info.value.trim();
      act("POST", `${path}/report`, stat === "DELIVRD" ? { status: "0" } : { status: "-1", info: stat });
    });
    return form;
  }

  /**
   * @param {string} method
   * @param {string} where
   * @param {unknown} body
   * @param {string} [text]
   */
  async function act(method, where, body, text = "") {
    try {
      await api.send(method, where, body);
      done.textContent = text;
      await load();
    } catch (error) {
      app.report(error);
    }
  }

  /** @param {Entry} found */
  function exchange(found) {
    return h(
      "details",
      {},
      h("summary", {}, `${t("request")} · ${t("answer")}`),
      h("h4", {}, t("request")),
      h("pre", { tabindex: "0" }, ...visible(pretty(found.request))),
      h("h4", {}, t("answer")),
      found.answer === null ? h("p", {}, t("no_answer_sent")) : h("pre", { tabindex: "0" }, ...visible(pretty(found.answer))),
    );
  }

  /** @param {Message} message */
  function againAs(message) {
    const box = h("div", { class: "samples" });
    const show = () => {
      const code = sample(language, { url: api.gateway.href, userid, submits: [message] });
      fill(
        box,
        h(
          "div",
          { class: "tabs", role: "group", "aria-label": t("again_as") },
          LANGUAGES.map((one) =>
            h("button", { type: "button", "aria-pressed": String(one === language), click: () => { language = one; show(); } }, one),
          ),
          copyButton(app, code),
        ),
        h("pre", { tabindex: "0" }, ...visible(code)),
      );
    };
    show();
    return box;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  function fact(name, value) {
    return value ? h("div", {}, h("dt", {}, name), h("dd", {}, ...visible(value))) : null;
  }

  load();
  return { element, title: t("messages"), refresh: load };
}
