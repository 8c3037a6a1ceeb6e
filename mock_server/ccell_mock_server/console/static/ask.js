/** Ask for a confirmation in the page. */

import { h } from "./dom.js";

/**
 * @param {import("./app.js").App} app
 * @param {string} question
 * @param {string} action - what is done then
 * @returns {Promise<boolean>}
 */
export function ask({ t }, question, action) {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "question", keydown: (/** @type {Event} */ event) => event.stopPropagation() },
    h("p", { id: "question" }, question),
    h("form", { method: "dialog", class: "actions" }, h("button", { value: "" }, t("cancel")), h("button", { value: "yes", class: "danger" }, action)),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
