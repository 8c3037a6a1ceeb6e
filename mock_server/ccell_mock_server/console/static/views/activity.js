/** What goes on at an account: balance, slots as they are used, excesses, and what waits for its client. */

import { fill, h } from "../dom.js";
import { fullTime } from "../format.js";

/** @typedef {{waiting: number, later: number, fetched_at: string | null}} Queue */
/** @typedef {{in_progress: number, excesses: number, excesses_to_lock: number, is_locked: boolean, scheduled: number, reports: Queue, upmsgs: Queue}} Activity */

/**
 * @param {import("./account.js").Context} context
 * @returns {import("./account.js").Section}
 */
export function activity({ app, get, act }) {
  const { t } = app;
  const facts = h("dl", { class: "facts wide" });
  const lock = h("p", { hidden: true }, h("span", { class: "state refused" }, t("locked")), " ", h("button", { type: "button", click: () => act("DELETE", "/lock") }, t("unlock")));
  let shown = "";

  /** @param {Queue} queue */
  const queueText = (queue) =>
    [t("queue_waiting", queue.waiting), queue.later > 0 && t("queue_later", queue.later), queue.fetched_at ? t("last_fetched", fullTime(queue.fetched_at)) : t("no_fetch_yet")]
      .filter(Boolean)
      .join(" · ");

  return {
    element: h("section", { class: "card" }, h("h2", { class: "hidden" }, t("tab_now")), facts, lock),
    async load() {
      /** @type {[import("../api.js").Account, Activity]} */
      const [account, now] = await Promise.all([get(), get("/activity")]);
      const { settings } = account;
      const limit = Number(settings["max_concurrency"]);
      /** @type {Record<string, string | Node[]>} */
      const texts = {
        left: String(account.left),
        reserved: String(account.reserved),
        credit: String(settings["credit"]),
        in_progress: `${now.in_progress} / ${limit}`,
        excesses: now.excesses_to_lock ? `${now.excesses} / ${now.excesses_to_lock}` : String(now.excesses),
        scheduled_messages: String(now.scheduled),
        reports_queue: queueText(now.reports),
        upmsgs_queue: queueText(now.upmsgs),
        password: account.password,
      };
      const text = JSON.stringify(texts);
      lock.hidden = !now.is_locked;
      if (text === shown) return;
      shown = text;
      fill(
        facts,
        Object.entries(texts).map(([name, value]) =>
          h(
            "div",
            {},
            h("dt", {}, t(name)),
            h("dd", { id: `fact-${name}` }, value, name === "in_progress" && h("meter", { "aria-label": t(name), min: 0, max: limit, value: Math.min(now.in_progress, limit) })),
          ),
        ),
      );
    },
  };
}
