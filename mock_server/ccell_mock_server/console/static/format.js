/** Times, states and other small things as text and elements. */

import { h } from "./dom.js";

const TIME = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" });

/** The zone of all times on the page. */
export const ZONE = "+08:00";

/**
 * A time in Shanghai, with its day and the zone: 2026-01-31 08:00:00.000 +08:00.
 * @param {string} iso
 */
export function fullTime(iso) {
  const fraction = /\.(\d{1,3})/u.exec(iso)?.[1] ?? "";
  const instant = new Date(iso);
  return `${DAY.format(instant)} ${TIME.format(instant)}${fraction ? `.${fraction.padEnd(3, "0")}` : ""} ${ZONE}`;
}

/**
 * A time that a person wrote, as the API takes it: without an offset it is a time in Shanghai. Other text stays.
 * @param {string} text
 */
export function shanghaiIso(text) {
  const [, day, time, offset] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:\d\d)?$/u.exec(text) ?? [];
  return day ? `${day}T${time}${(time ?? "").length < 8 ? ":00" : ""}${offset ?? "+08:00"}` : text;
}

/**
 * A time element that shows the time of day, or the day and the minute; and everything when pointed at.
 * @param {string} iso
 * @param {string} today
 */
export function timeOfDay(iso, today) {
  const day = DAY.format(new Date(iso));
  const text = TIME.format(new Date(iso));
  return h("time", { datetime: iso, title: fullTime(iso) }, day === today ? text : `${day.slice(5)} ${text.slice(0, 5)}`);
}

/**
 * Characters, segments and charge of a message, each with its name.
 * @param {import("./app.js").App} app
 * @param {import("./api.js").Message} message
 */
export function counts({ t }, { characters, segments, charge }) {
  return `${t("characters")} ${characters} · ${t("segments")} ${segments} · ${t("charge")} ${charge}`;
}

/** @param {string} [iso] */
export function dayOf(iso) {
  return DAY.format(iso ? new Date(iso) : new Date());
}

/**
 * @param {import("./app.js").App} app
 * @param {string | (() => string)} text
 * @param {string} [label]
 */
export function copyButton(app, text, label = app.t("copy")) {
  const button = h("button", { type: "button", class: "quiet" }, label);
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    try {
      await copy(typeof text === "string" ? text : text());
    } catch (error) {
      app.report(error);
      return;
    }
    button.focus();
    button.textContent = app.t("copied");
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

/**
 * Copy a text to the clipboard.
 * @param {string} text
 */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Browsers give the clipboard only to pages from this machine or over TLS. The former way works everywhere.
  const box = h("textarea");
  box.value = text;
  document.body.append(box);
  box.select();
  const isCopied = document.execCommand("copy");
  box.remove();
  if (!isCopied) throw new Error("the browser refused to copy");
}

/**
 * XML on several lines, one for each element.
 * @param {string} xml
 */
export function pretty(xml) {
  return xml.replace(/>\s*</gu, ">\n<");
}
