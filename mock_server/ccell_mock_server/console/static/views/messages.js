/** The live list of messages, newest first, with a search; beside it the message that is open. */

import { Api } from "../api.js";
import { fill, h } from "../dom.js";
import { evidence } from "../evidence.js";
import { Feed } from "../feed.js";
import { counts, dayOf, timeOfDay, ZONE } from "../format.js";
import { LongList } from "../list.js";
import { CODES, FIELDS, STATES, complete, parseQuery } from "../query.js";
import { formatRoute } from "../route.js";
import { contentNodes, visible } from "../text.js";
import { reason } from "../verdict.js";
import { messageView } from "./message.js";

/** @typedef {import("../api.js").Message} Message */

const PAGE = 100;

/**
 * @param {import("../app.js").App} app
 * @returns {import("../app.js").View}
 */
export function messagesView(app) {
  const { t, api, store } = app;
  let route = store.state.route;
  let place = -1;
  // Messages after this position came while nobody looked.
  let seen = Number.POSITIVE_INFINITY;
  /** @type {Set<string>} */
  const read = new Set();
  let asked = 0;
  /** @type {import("../app.js").View | null} */
  let detail = null;

  const input = h("input", {
    type: "search",
    id: "search",
    placeholder: t("search"),
    "aria-label": t("search_label"),
    autocomplete: "off",
    spellcheck: "false",
    role: "combobox",
    "aria-expanded": "false",
    "aria-controls": "options",
    "aria-autocomplete": "list",
  });
  input.value = route.query["q"] ?? "";
  const options = h("ul", { id: "options", role: "listbox", class: "options", hidden: true, "aria-label": t("search_label") });
  const faults = h("p", { class: "wrong", role: "status", id: "search-faults" });
  const empty = h("p", { class: "empty", hidden: true });
  const refused = h("section", { class: "refused-requests", "aria-label": t("refused_label"), hidden: true });
  const panel = h("section", { class: "detail", hidden: true, "aria-live": "polite" });

  /** @type {LongList<Message>} */
  const list = new LongList({ row, key: (message) => `${message.userid}/${message.msgid}`, more: () => feed.more(), label: t("messages") });
  const feed = new Feed(list, ask, app.report, () => {
    empty.hidden = list.items.length > 0;
    empty.textContent = input.value ? t("none_found") : t("no_messages", new URL("send.jsp", api.gateway).href);
  });
  const heads = h("p", { class: "heads", "aria-hidden": "true" });
  const element = h(
    "div",
    { class: "split" },
    h("h1", { class: "hidden" }, t("messages")),
    h(
      "section",
      { class: "listing" },
      h("div", { class: "search" }, input, options, notifyButton()),
      faults,
      empty,
      refused,
      heads,
      list.element,
    ),
    panel,
  );

  /** Draw the heads of the columns. They say what the numbers are, and which zone the times have. */
  function drawHeads() {
    const head = (/** @type {string} */ name, /** @type {string} */ text) => h("span", { class: name }, text);
    fill(
      heads,
      head("when", t("column_time", ZONE)),
      !route.query["account"] && head("who", t("account")),
      head("phone", t("column_phone")),
      head("text", t("content")),
      head("counts", t("column_counts")),
      head("linkid", "linkid"),
      head("head", t("column_state")),
    );
  }

  /** @param {Message} message */
  function row(message) {
    const isOpen = route.parts[1] === message.msgid;
    const isAll = !route.query["account"];
    const isUnread = message.position > seen && !read.has(list.key(message));
    return h(
      "li",
      { class: isUnread ? "row unread" : "row" },
      h(
        "a",
        {
          href: formatRoute("messages", [message.userid, message.msgid], route.query),
          "aria-current": isOpen ? "true" : false,
        },
        h("span", { class: "when" }, isUnread && h("span", { class: "hidden" }, `${t("unseen")} `), timeOfDay(message.submitted_at, dayOf())),
        isAll && h("span", { class: "who" }, message.userid),
        h("span", { class: "phone" }, ...visible(message.phone)),
        h("span", { class: "text", title: message.content.slice(0, 1000) }, ...contentNodes(message.content.slice(0, 300), message.verification_code)),
        h("span", { class: "counts", title: counts(app, message) }, `${message.characters} · ${message.segments} · ${message.charge}`),
        h("span", { class: "linkid" }, ...visible(message.linkid)),
        h("span", { class: `state ${message.state}` }, message.code === "0" ? t(message.state) : message.code),
      ),
    );
  }

  function filters() {
    const query = parseQuery(input.value, dayOf());
    faults.textContent = query.faults
      .map(({ word, kind }) => t(`fault_${kind}`, word, kind === "state" ? STATES.join(", ") : FIELDS.join(", ")))
      .join("\n");
    return query.filters;
  }

  /**
   * @param {string | number | null} cursor
   * @param {AbortSignal} signal
   */
  function ask(cursor, signal) {
    const userid = route.query["account"];
    const path = userid ? Api.account(userid, "/messages") : "messages";
    return api.get(path, { ...filters(), newest_first: true, limit: PAGE, cursor }, signal);
  }

  /** Tell of the requests that never became a message: what is missing in the list may be among them. */
  async function tellRefused() {
    const question = (asked += 1);
    const { filters: wanted } = parseQuery(input.value, dayOf());
    const part = wanted["phone"] ?? wanted["linkid"] ?? wanted["content"];
    // Other conditions are about messages.
    const isAsked = !input.value.trim() || part !== undefined;
    const userid = route.query["account"];
    try {
      // A request of no account may have been meant for this one.
      const lists = userid ? [`requests?userid=${encodeURIComponent(userid)}`, "requests?userid="] : ["requests"];
      const filters = { is_refused: true, text: part && `*${part}*`, limit: 20 };
      /** @type {import("../api.js").Page<import("../api.js").RequestRecord>[]} */
      const pages = isAsked ? await Promise.all(lists.map((list) => api.get(list, filters))) : [];
      const found = pages.flatMap((page) => page.items).sort((one, other) => other.position - one.position);
      const registry = found.length > 0 ? await evidence(api) : new Map();
      // A later question may have been answered already.
      if (question !== asked) return;
      const shown = found.slice(0, part ? 3 : 1);
      const count = `${found.length}${pages.some((page) => page.next !== null) ? "+" : ""}`;
      const kept = { account: route.query["account"], lang: route.query["lang"], theme: route.query["theme"] };
      const text = part?.replace(/^\*|\*$/gu, "");
      refused.hidden = found.length === 0;
      fill(
        refused,
        h("a", { href: formatRoute("requests", [], { ...kept, account: "", refused: "true", text }) }, t(`refused_${part ? "with" : "requests"}${count === "1" ? "_one" : ""}`, count, text ?? "")),
        h(
          "ul",
          {},
          shown.map((entry) =>
            h(
              "li",
              {},
              timeOfDay(entry.at, dayOf()),
              " ",
              h("a", { href: formatRoute("requests", [String(entry.position)], { ...kept, account: "", text }) }, ...visible(reason(app, registry, entry))),
            ),
          ),
        ),
      );
    } catch (error) {
      app.report(error);
    }
  }

  function refresh() {
    tellRefused();
    return feed.newest();
  }

  function again() {
    drawHeads();
    tellRefused();
    return feed.again();
  }

  function look() {
    if (document.hidden || store.state.isPaused) seen = Math.max(0, ...list.items.slice(0, PAGE).map((message) => message.position));
  }

  addEventListener("visibilitychange", look);
  const unsubscribe = store.subscribe((state, former) => {
    if (state.isPaused && !former.isPaused) look();
  });

  function open() {
    const [userid, msgid] = route.parts;
    if (userid && msgid) read.add(`${userid}/${msgid}`);
    detail?.close?.();
    detail = userid && msgid ? messageView(app, userid, msgid, () => app.go("messages", [], route.query)) : null;
    panel.hidden = detail === null;
    element.classList.toggle("open", detail !== null);
    fill(panel, detail?.element);
    place = list.items.findIndex((message) => message.msgid === msgid);
    for (const one of list.shown.values()) {
      const link = one.element.querySelector("a");
      if (one.item.msgid === msgid) link?.setAttribute("aria-current", "true");
      else link?.removeAttribute("aria-current");
    }
  }

  function notifyButton() {
    if (typeof Notification === "undefined" || Notification.permission !== "default") return null;
    const button = h("button", { type: "button", class: "quiet" }, t("notify"));
    button.addEventListener("click", async () => {
      await Notification.requestPermission();
      button.remove();
    });
    return button;
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  let chosen = -1;
  function suggest() {
    const loaded = list.items.slice(0, 200);
    const known = {
      phone: loaded.map((message) => message.phone),
      linkid: loaded.map((message) => message.linkid),
      msgid: loaded.map((message) => message.msgid),
      code: [...CODES, ...loaded.map((message) => message.code)],
    };
    const { from, options: found } = complete(input.value, input.selectionStart ?? 0, known);
    const shown = found.slice(0, 8);
    chosen = -1;
    fill(
      options,
      shown.map((text, index) =>
        h("li", { role: "option", id: `option-${index}`, "aria-selected": "false", mousedown: (/** @type {Event} */ event) => { event.preventDefault(); take(from, text); } }, text),
      ),
    );
    options.hidden = shown.length === 0;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    input.removeAttribute("aria-activedescendant");
    input.dataset["from"] = String(from);
  }

  /**
   * @param {number} from
   * @param {string} text
   */
  function take(from, text) {
    const rest = input.value.slice(input.selectionStart ?? input.value.length);
    const isWhole = !text.endsWith(":");
    input.value = `${input.value.slice(0, from)}${text}${isWhole ? " " : ""}${rest}`;
    const end = from + text.length + (isWhole ? 1 : 0);
    input.setSelectionRange(end, end);
    changed();
  }

  function closeOptions() {
    options.hidden = true;
    input.setAttribute("aria-expanded", "false");
  }

  function changed() {
    suggest();
    clearTimeout(typing);
    typing = setTimeout(() => {
      route = { ...route, query: { ...route.query, q: input.value } };
      history.replaceState(null, "", formatRoute("messages", route.parts, route.query));
      store.set({ route });
      again();
    }, 150);
  }

  input.addEventListener("input", changed);
  input.addEventListener("blur", closeOptions);
  input.addEventListener("keydown", (event) => {
    if (options.hidden) return;
    const count = options.children.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + count) % count;
      [...options.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === chosen)));
      input.setAttribute("aria-activedescendant", `option-${chosen}`);
    } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
      take(Number(input.dataset["from"]), options.children[chosen]?.textContent ?? "");
    } else if (event.key === "Escape") {
      closeOptions();
      event.stopPropagation();
      return;
    } else {
      return;
    }
    event.preventDefault();
  });

  /** @param {number} step */
  function move(step) {
    place = Math.min(Math.max(place + step, 0), list.items.length - 1);
    const message = list.items[place];
    if (!message) return;
    list.reveal(place);
    list.shown.get(list.key(message))?.element.querySelector("a")?.focus({ preventScroll: true });
    if (detail) app.go("messages", [message.userid, message.msgid], route.query);
  }

  drawHeads();
  refresh().then(open);
  return {
    element,
    title: t("messages"),
    follow(next) {
      const sameList = next.query["account"] === route.query["account"] && (next.query["q"] ?? "") === (route.query["q"] ?? "");
      const sameMessage = next.parts.join("/") === route.parts.join("/");
      route = next;
      if (!sameMessage || !sameList) open();
      if (!sameList) {
        input.value = next.query["q"] ?? "";
        again();
      } else {
        list.redraw();
      }
      return true;
    },
    refresh() {
      refresh();
      detail?.refresh?.();
    },
    key(event) {
      if (event.key === "/") input.focus();
      else if (event.key === "j") move(1);
      else if (event.key === "k") move(-1);
      else if (event.key === "Escape" && detail) app.go("messages", [], route.query);
      else if (event.key === "Escape" && document.activeElement === input) input.blur();
      else return false;
      return true;
    },
    close() {
      feed.close();
      removeEventListener("visibilitychange", look);
      unsubscribe();
      clearTimeout(typing);
      list.close();
      detail?.close?.();
    },
  };
}
