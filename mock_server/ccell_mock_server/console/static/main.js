/** The frame of the console: pages, account, connection, language, theme and keys. */

import { Api, ApiError } from "./api.js";
import { fill, h } from "./dom.js";
import { browserLanguage, translator } from "./i18n.js";
import { formatRoute, parseRoute } from "./route.js";
import { Store } from "./state.js";
import { Stream } from "./stream.js";
import { accountView } from "./views/account.js";
import { codesView } from "./views/codes.js";
import { loginView } from "./views/login.js";
import { messagesView } from "./views/messages.js";
import { phoneView } from "./views/phone.js";
import { requestsView } from "./views/requests.js";
import { sendView } from "./views/send.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./app.js").View} View */

/** @type {Record<string, (app: App) => View>} */
const PAGES = {
  messages: messagesView,
  phone: phoneView,
  requests: requestsView,
  account: accountView,
  codes: codesView,
  send: sendView,
};
const KEPT = ["account", "lang", "theme"];

const api = new Api(document.baseURI);
/** @type {import("./app.js").State} */
const initial = {
  route: parseRoute(location.hash),
  language: browserLanguage(),
  accounts: [],
  connection: "connecting",
  isPaused: false,
  unread: 0,
};
const store = new Store(initial);

/** @type {View | null} */
let view = null;
let shownPage = "";
let isLoggingIn = false;

/** @type {App} */
const app = {
  api,
  store,
  t: translator("en"),
  go(page, parts = [], query = {}) {
    const kept = Object.fromEntries(KEPT.map((name) => [name, store.state.route.query[name] ?? ""]));
    location.hash = formatRoute(page, parts, { ...kept, ...query });
  },
  report(error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (error instanceof ApiError && error.needsToken) {
      showLogin();
      return;
    }
    if (!(error instanceof ApiError)) console.error(error);
    const problem = error instanceof ApiError ? error.problem : null;
    const fields = (problem?.errors ?? []).map((one) => `${one.field} ${one.detail}`.trim());
    const text = problem?.status === 0 ? app.t("no_answer") : fields.join("\n") || String(problem?.detail || error);
    say(text, "notice");
  },
  async reloadAccounts() {
    /** @type {import("./api.js").Account[]} */
    const accounts = [];
    /** @type {string | number | null} */
    let cursor = "";
    do {
      /** @type {import("./api.js").Page<import("./api.js").Account>} */
      const page = await api.get("accounts", { cursor, limit: 1000 });
      accounts.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    store.set({ accounts });
  },
};

const notice = h("div", { class: "notice", role: "alert", hidden: true, click: () => (notice.hidden = true) });
/**
 * @param {string} text
 * @param {string} style
 */
function say(text, style) {
  notice.textContent = text;
  notice.className = style;
  notice.hidden = false;
}

const main = h("main", { id: "main", tabindex: "-1" });
const header = h("header");
const dialog = h("dialog", { class: "keys" });
document.body.append(h("a", { href: "#main", class: "skip" }), header, main, notice, dialog);
document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

function drawHeader() {
  const { route, accounts, connection, isPaused, unread } = store.state;
  const { t } = app;
  const chosen = route.query["account"] ?? "";
  const skip = document.querySelector(".skip");
  if (skip) skip.textContent = t("skip");
  const focused = document.activeElement?.id;
  fill(
    header,
    h("a", { class: "logo", href: formatRoute("messages", [], { lang: route.query["lang"], theme: route.query["theme"] }) }, "ccell-fake"),
    h(
      "nav",
      { "aria-label": t("navigation") },
      Object.keys(PAGES).map((page) =>
        h(
          "a",
          {
            href: formatRoute(page, [], Object.fromEntries(KEPT.map((name) => [name, route.query[name]]))),
            "aria-current": route.page === page ? "page" : false,
          },
          t(page),
          page === "messages" && unread > 0 && h("span", { class: "badge" }, unread),
        ),
      ),
    ),
    h(
      "div",
      { class: "tools" },
      h(
        "select",
        {
          id: "account",
          "aria-label": t("account"),
          change: (/** @type {Event} */ event) => {
            const { value } = /** @type {HTMLSelectElement} */ (event.target);
            app.go(route.page, [], { ...route.query, account: value });
          },
        },
        h("option", { value: "" }, t("all_accounts")),
        [...new Set([...accounts.map((one) => one.userid), chosen])]
          .filter(Boolean)
          .map((userid) => h("option", { value: userid, selected: userid === chosen }, userid)),
      ),
      h(
        "span",
        { class: `connection ${connection}`, role: "status" },
        h("span", { class: "dot", "aria-hidden": "true" }),
        isPaused && connection === "live" ? t("paused") : t(connection),
      ),
      h(
        "button",
        {
          type: "button",
          id: "pause",
          "aria-pressed": String(isPaused),
          click: () => store.set({ isPaused: !store.state.isPaused }),
        },
        isPaused ? t("resume") : t("pause"),
      ),
      h("button", { type: "button", id: "language", lang: store.state.language === "zh" ? "en" : "zh", click: switchLanguage }, t("language")),
      h("button", { type: "button", id: "theme", "aria-label": t("theme"), title: t("theme"), click: switchTheme }, "◐"),
      h("button", { type: "button", id: "help", "aria-label": t("help"), title: t("help"), click: showKeys }, "?"),
    ),
  );
  header.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (focused) document.getElementById(focused)?.focus();
}

function switchLanguage() {
  const { route, language } = store.state;
  app.go(route.page, route.parts, { ...route.query, lang: language === "zh" ? "en" : "zh" });
}

function switchTheme() {
  const { route } = store.state;
  const dark = route.query["theme"] ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  app.go(route.page, route.parts, { ...route.query, theme: dark === "dark" ? "light" : "dark" });
}

function showKeys() {
  const { t } = app;
  const keys = [["/", "key_search"], ["j k", "key_next"], ["Enter", "key_open"], ["Esc", "key_close"], ["?", "key_help"]];
  fill(
    dialog,
    h("h2", {}, t("help")),
    h("dl", {}, keys.flatMap(([key = "", text = ""]) => [h("dt", {}, key.split(" ").map((one) => h("kbd", {}, one))), h("dd", {}, t(text))])),
    h("button", { type: "button", click: () => dialog.close() }, t("close")),
  );
  dialog.showModal();
}

function draw() {
  const { route } = store.state;
  const language = route.query["lang"] === "zh" || route.query["lang"] === "en" ? route.query["lang"] : browserLanguage();
  if (language !== store.state.language) store.set({ language });
  app.t = translator(language);
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset["theme"] = route.query["theme"] ?? "";
  drawHeader();
  const shown = `${language} ${route.page}`;
  if (shown === shownPage && view?.follow?.(route)) {
    drawTitle();
    return;
  }
  view?.close?.();
  shownPage = shown;
  const page = Object.hasOwn(PAGES, route.page) ? PAGES[route.page] : undefined;
  view = page
    ? page(app)
    : { element: h("p", { class: "empty" }, app.t("unknown_page", route.page)), title: route.page };
  fill(main, view.element);
  drawTitle();
}

function drawTitle() {
  const { unread } = store.state;
  document.title = `${unread > 0 ? `(${unread}) ` : ""}${view?.title ?? ""} – ccell-fake`;
}

function showLogin() {
  if (isLoggingIn) return;
  isLoggingIn = true;
  view?.close?.();
  stream.stop();
  view = loginView(app, async () => {
    isLoggingIn = false;
    shownPage = "";
    await begin();
  });
  fill(main, view.element);
  drawTitle();
}

addEventListener("hashchange", () => {
  notice.hidden = true;
  store.set({ route: parseRoute(location.hash) });
  if (!isLoggingIn) draw();
});
addEventListener("visibilitychange", () => {
  if (!document.hidden && !store.state.isPaused) store.set({ unread: 0 });
});
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  const inField = event.target instanceof Element && event.target.matches("input, textarea, select");
  if (inField && event.key !== "Escape") return;
  if (event.key === "?") showKeys();
  else if (!view?.key?.(event)) return;
  event.preventDefault();
});
store.subscribe((state, former) => {
  if (state.isPaused !== former.isPaused && !state.isPaused) {
    store.set({ unread: 0 });
    if (isOutdated) readAnew();
    else view?.refresh?.();
  }
  if (userids(state) !== userids(former) || state.connection !== former.connection || state.isPaused !== former.isPaused || state.unread !== former.unread) {
    drawHeader();
    drawTitle();
  }
});

/** @param {import("./app.js").State} state */
function userids({ accounts }) {
  return accounts.map((one) => one.userid).join("\n");
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let refreshing;
let isOutdated = false;
let haveAccountsChanged = false;
let stream = newStream();

function newStream() {
  return new Stream(api, {
    event(event) {
      if (event.kind === "resync") {
        isOutdated = true;
        say(app.t(`resync_${event.data["reason"]}`), "notice plain");
      }
      if (event.kind === "ended") haveAccountsChanged = true;
      if (event.kind === "message" && (document.hidden || store.state.isPaused)) {
        store.set({ unread: store.state.unread + 1 });
        notify(event.data["message"]);
      }
      refresh();
    },
    open() {
      if (notice.textContent === app.t("no_answer")) notice.hidden = true;
      app.reloadAccounts().catch(app.report);
      refresh();
    },
    connection: (connection) => store.set({ connection }),
    refused: app.report,
  });
}

/** Refresh the view soon: many events may come at once. */
function refresh() {
  if (store.state.isPaused || refreshing !== undefined) return;
  refreshing = setTimeout(() => {
    refreshing = undefined;
    update().catch(app.report);
  }, 20);
}

async function update() {
  if (haveAccountsChanged) {
    haveAccountsChanged = false;
    await app.reloadAccounts();
  }
  const { accounts, isPaused, route } = store.state;
  const chosen = route.query["account"];
  const isClosed = chosen && !accounts.some((one) => one.userid === chosen);
  if (isPaused || isLoggingIn) return;
  if (isOutdated) readAnew();
  else if (!isClosed) view?.refresh?.();
}

/** Show the view anew: events are missing. A view that shows nothing of the emulator keeps what was typed. */
function readAnew() {
  isOutdated = false;
  store.set({ unread: 0 });
  app.reloadAccounts().catch(app.report);
  if (!view?.refresh) return;
  shownPage = "";
  draw();
}

/** @param {import("./api.js").Message} message */
function notify(message) {
  if (typeof Notification !== "undefined" && Notification.permission === "granted") {
    new Notification(message.phone, { body: message.content, tag: message.msgid });
  }
}

async function begin() {
  try {
    await app.reloadAccounts();
  } catch (error) {
    app.report(error);
    if (error instanceof ApiError && error.needsToken) return;
  }
  draw();
  stream = newStream();
  stream.run();
}

app.t = translator(store.state.language);
drawHeader();
begin();
