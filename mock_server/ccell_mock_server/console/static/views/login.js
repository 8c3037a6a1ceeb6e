/** Ask for the control token. */

import { ApiError } from "../api.js";
import { h } from "../dom.js";

/**
 * @param {import("../app.js").App} app
 * @param {() => Promise<void>} done - called when the token is right
 * @returns {import("../app.js").View}
 */
export function loginView(app, done) {
  const { t } = app;
  const input = h("input", { type: "password", id: "token", autocomplete: "off", required: true });
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true }, t("token_wrong"));
  const form = h(
    "form",
    { class: "card login" },
    h("h1", {}, t("token_title")),
    h("p", {}, t("token_about")),
    h("label", { for: "token" }, t("token_title")),
    input,
    wrong,
    h("button", { type: "submit", class: "primary" }, t("log_in")),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    app.api.token = input.value;
    try {
      await app.api.get("accounts", { limit: 1 });
    } catch (error) {
      app.api.token = "";
      if (error instanceof ApiError && error.needsToken) wrong.hidden = false;
      else app.report(error);
      return;
    }
    await done();
  });
  queueMicrotask(() => input.focus());
  return { element: form, title: t("token_title") };
}
