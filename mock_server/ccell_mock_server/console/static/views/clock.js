/** The clock of an account: freeze it, set it, and advance it with what this brings about. */

import { fill, h } from "../dom.js";
import { drawForm } from "../form.js";
import { fullTime } from "../format.js";
import { visible } from "../text.js";

const STEPS = [["1_minute", 60], ["1_hour", 3600], ["1_day", 86_400]];
const SHOWN = 200;

/**
 * @param {import("./account.js").Context} context
 * @returns {import("./account.js").Section}
 */
export function clock({ app, schemas, get, act }) {
  const { t } = app;
  const now = h("p", { class: "now" });
  const events = h("div", { role: "status" });
  const setting = drawForm(app, schemas, schemas.body("put", "/accounts/{userid}/clock"), "clock");
  const distance = drawForm(app, schemas, schemas.body("post", "/accounts/{userid}/clock/advance"), "advance");
  const put = (/** @type {object} */ body, /** @type {import("../form.js").Form} */ form) => act("PUT", "/clock", body, form);

  /**
   * @param {object} body
   * @param {import("../form.js").Form} [form]
   */
  async function advance(body, form) {
    /** @type {{events: {at: string, kind: string, phone: string | null, text: string}[], is_cut: boolean} | undefined} */
    const result = await act("POST", "/clock/advance", body, form);
    if (!result) return;
    const rest = result.events.length - SHOWN;
    fill(
      events,
      h("p", {}, t(result.events.length > 0 ? "happened" : "nothing_happened")),
      h("ul", {}, result.events.slice(0, SHOWN).map((one) => h("li", {}, h("time", { datetime: one.at }, fullTime(one.at)), ` ${t(`event_${one.kind}`)} `, ...visible(`${one.phone ?? ""} ${one.text}`)))),
      rest > 0 && h("p", {}, t("and_more", rest, result.is_cut ? "+" : "")),
    );
  }

  /**
   * @param {import("../form.js").Form} form
   * @param {string} title
   * @param {(form: import("../form.js").Form) => unknown} send
   */
  function panel(form, title, send) {
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      void send(form);
    };
    return h("details", {}, h("summary", {}, title), h("form", { class: "fields", novalidate: true, submit }, form.element, h("button", { type: "submit", class: "primary" }, title)));
  }

  return {
    element: h(
      "section",
      { class: "card fields" },
      h("h2", {}, t("clock")),
      now,
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", click: () => put({ mode: "frozen" }, setting) }, t("freeze")),
        h("button", { type: "button", click: () => put({ mode: "real" }, setting) }, t("real_time")),
        STEPS.map(([name, seconds]) => h("button", { type: "button", click: () => advance({ seconds }) }, t(`advance_${name}`))),
      ),
      panel(distance, t("advance_by"), (form) => advance(form.values(), form)),
      panel(setting, t("set_clock"), (form) => put(form.values(), form)),
      events,
    ),
    async load() {
      /** @type {import("../api.js").Clock} */
      const time = await get("/clock");
      fill(now, h("time", { datetime: time.now }, fullTime(time.now)), " ", h("span", { class: "state" }, t(time.mode)));
    },
  };
}
