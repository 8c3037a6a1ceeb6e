/** The codes, limits, questions and faults that the clients have met, and how to bring about the others. */

import { Api } from "../api.js";
import { fill, h } from "../dom.js";
import { copyButton, fullTime } from "../format.js";
import { formatRoute } from "../route.js";
import { inTurn } from "../turn.js";

/** @typedef {import("../api.js").Coverage} Coverage */
/** @typedef {import("../api.js").CoverageItem} Item */
/** @typedef {import("../api.js").CoverageWay} Way */

const TITLES = { code: "codes", limit: "limits", question: "questions", fault: "fault_kinds" };
const SHOWN = ["", "met", "unmet"];

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function codesView(app) {
  const { t, api, store } = app;
  let route = store.state.route;
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  const load = inTurn(count);

  const show = h(
    "select",
    { id: "show", "aria-label": t("show"), change: () => app.go("codes", [], { ...route.query, show: show.value }) },
    SHOWN.map((value) => h("option", { value, selected: value === (route.query["show"] ?? "") }, t(value ? `show_${value}` : "show_all"))),
  );
  const target = h("select", { id: "target" });
  const targeted = h("span", {}, h("label", { for: "target" }, t("arrange_for")), " ", target);
  const lists = h("div", { class: "sections" });

  /** The account that the buttons arrange something for. */
  function userid() {
    return route.query["account"] || target.value;
  }

  function drawTarget() {
    const former = target.value;
    fill(target, store.state.accounts.map((one) => h("option", { value: one.userid, selected: one.userid === former }, one.userid)));
    targeted.hidden = Boolean(route.query["account"]) || store.state.accounts.length < 2;
  }

  async function count() {
    const account = route.query["account"];
    try {
      /** @type {Coverage} */
      const coverage = await api.get(account ? Api.account(account, "/coverage") : "coverage");
      if (account === route.query["account"]) draw(coverage);
    } catch (error) {
      app.report(error);
    }
  }

  /**
   * Draw what changed. What is open stays open.
   * @param {Coverage} coverage
   */
  function draw(coverage) {
    if (rows.size === 0) {
      for (const item of coverage.items) rows.set(`${item.kind} ${item.name}`, row(item));
      fill(
        lists,
        coverage.totals.map(({ kind }) =>
          h(
            "section",
            { class: "card" },
            h("h2", {}, t(TITLES[kind]), " ", h("small", { id: `met-${kind}` })),
            h("ul", { class: "items" }, coverage.items.filter((one) => one.kind === kind).map((one) => rows.get(`${kind} ${one.name}`)?.element)),
          ),
        ),
      );
    }
    for (const { kind, met, total } of coverage.totals) {
      const counted = lists.querySelector(`#met-${kind}`);
      if (counted) counted.textContent = t("met_of", met, total);
    }
    for (const item of coverage.items) rows.get(`${item.kind} ${item.name}`)?.update(item);
    select();
  }

  /** Show the items that are wanted. */
  function select() {
    const wanted = route.query["show"] ?? "";
    for (const { element } of rows.values()) {
      element.hidden = (wanted === "met" && !element.dataset["met"]) || (wanted === "unmet" && Boolean(element.dataset["met"]));
    }
    for (const section of lists.querySelectorAll("section")) section.hidden = !section.querySelector("li.item:not([hidden])");
  }

  /** @param {Item} first */
  function row(first) {
    const state = h("span", { class: "state" });
    const times = h("p", { class: "counted", hidden: true });
    const done = h("p", { role: "status", class: "done" });
    const way = first.ways.find((one) => one.kind === "fault");
    const element = h(
      "li",
      { class: "item" },
      h("code", {}, first.name),
      h(
        "div",
        {},
        h("p", {}, text(first)),
        times,
        h("details", {}, h("summary", {}, t("how")), h("ul", {}, first.ways.map((one) => h("li", {}, ...described(one, done))))),
        done,
      ),
      h("div", { class: "actions" }, state, way && button(way, done)),
    );
    return {
      element,
      /** @param {Item} item */
      update(item) {
        element.dataset["met"] = item.count ? "yes" : "";
        state.className = `state ${item.count ? "delivered" : ""}`;
        state.textContent = item.count ? t("met_times", item.count) : t("not_met");
        times.hidden = !item.count;
        if (!item.first || !item.last) return;
        const said = item.count === 1 ? t("met_at", fullTime(item.last)) : t("first_and_last", fullTime(item.first), fullTime(item.last));
        fill(times, said, " ", link(item));
      },
    };
  }

  /** @param {Item | Way} one */
  function text(one) {
    return store.state.language === "zh" ? one.text_zh : one.text;
  }

  /**
   * The link to the requests with a code, or to the messages, if it is about numbers.
   * @param {Item} item
   */
  function link(item) {
    if (item.kind !== "code") return null;
    const { show: _, ...kept } = route.query;
    return item.name.startsWith("1004")
      ? h("a", { href: formatRoute("messages", [], { ...kept, q: `code:${item.name}` }) }, t("show_messages"))
      : h("a", { href: formatRoute("requests", [], { ...kept, code: item.name }) }, t("show_requests"));
  }

  /**
   * @param {Way} way
   * @param {HTMLElement} done
   */
  function described(way, done) {
    return [
      text(way),
      way.value && [" ", h("code", {}, way.value), copyButton(app, way.value)],
      way.call && [" ", way.kind !== "fault" && button(way, done), copyButton(app, () => curl(way), t("copy_curl"))],
    ].flat(1);
  }

  /**
   * The button that makes the call of a way.
   * @param {Way} way
   * @param {HTMLElement} done
   */
  function button(way, done) {
    const isFault = way.kind === "fault";
    const act = h("button", { type: "button" }, t(isFault ? `do_next_${nextOf(way)}` : "apply"));
    act.addEventListener("click", async () => {
      if (!way.call || !userid()) return;
      try {
        await api.send(way.call.method, path(way), way.call.body);
        done.textContent = t(isFault ? `done_next_${nextOf(way)}` : "done_apply", userid());
      } catch (error) {
        app.report(error);
      }
    });
    return act;
  }

  /**
   * The request that a fault waits for.
   * @param {Way} way
   */
  function nextOf(way) {
    return way.call?.body["operation"] === "send" ? "send" : "request";
  }

  /**
   * The path of a call for the account, after that of the API.
   * @param {Way} way
   */
  function path(way) {
    return (way.call?.path ?? "").replace("/_ccell/v1/", "").replace("{userid}", encodeURIComponent(userid()));
  }

  /** @param {Way} way */
  function curl(way) {
    const body = JSON.stringify(way.call?.body).replaceAll("'", "'\\''");
    return `curl -X ${way.call?.method} '${api.url(path(way))}' -H 'Content-Type: application/json' -d '${body}'`;
  }

  const unsubscribe = store.subscribe((state, former) => {
    if (state.accounts !== former.accounts) drawTarget();
  });
  drawTarget();
  load();
  return {
    element: h("div", { class: "page" }, h("h1", {}, t("codes")), h("p", {}, t("codes_about")), h("div", { class: "bar" }, show, targeted), lists),
    title: t("codes"),
    follow(following) {
      const isSame = (following.query["account"] ?? "") === (route.query["account"] ?? "");
      route = following;
      show.value = route.query["show"] ?? "";
      drawTarget();
      if (isSame) {
        select();
      } else {
        rows.clear();
        load();
      }
      return true;
    },
    refresh: load,
    close: unsubscribe,
  };
}
