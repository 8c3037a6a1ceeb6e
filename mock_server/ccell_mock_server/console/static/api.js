/**
 * The control API.
 *
 * @typedef {{field: string, detail: string}} FieldError
 * @typedef {{type: string, title: string, status: number, detail: string, errors?: FieldError[], after_position?: number}} Problem
 * @typedef {{status: string, info: string, recvtime: string, fetched_at: string | null}} MessageReport
 * @typedef {{
 *   userid: string, msgid: string, phone: string, content: string, linkid: string, spcode: string,
 *   sendtime: string | null, submitted_at: string, code: string, info: string,
 *   state: "refused" | "scheduled" | "sent" | "delivered" | "failed", report: MessageReport | null, position: number,
 *   characters: number, segments: number, charge: number, verification_code: string | null,
 * }} Message
 * @typedef {{
 *   at: string, operation: string | null, door: string | null, peer: string, place: string, request: string, answer: string | null,
 *   delivery: string, items: number, code: string, rule: string, basis: string, explanation: string,
 *   duration: number, position: number,
 * }} Entry
 * @typedef {Entry & {userid: string}} RequestRecord
 * @typedef {{
 *   userid: string, password: string, settings: Record<string, unknown>, now: string, left: number, reserved: number,
 *   is_locked: boolean, in_progress: number, position: number,
 * }} Account
 * @typedef {"planned" | "waiting" | "fetched"} QueueState
 * @typedef {{
 *   userid: string, id: number, msgid: string, linkid: string, phone: string, status: string, info: string,
 *   recvtime: string, state: QueueState, fetched_at: string | null,
 * }} Report
 * @typedef {{
 *   userid: string, id: number, spnumber: string, phone: string, msgcontent: string, motime: string,
 *   state: QueueState, fetched_at: string | null,
 * }} Upmsg
 * @typedef {{method: string, path: string, body: Record<string, unknown>}} CoverageCall
 * @typedef {{
 *   kind: "request" | "setting" | "phone" | "userid" | "fault", text: string, text_zh: string, value: string,
 *   call: CoverageCall | null,
 * }} CoverageWay
 * @typedef {"code" | "limit" | "question" | "fault"} CoverageKind
 * @typedef {{
 *   kind: CoverageKind, name: string, text: string, text_zh: string, count: number, first: string | null,
 *   last: string | null, ways: CoverageWay[],
 * }} CoverageItem
 * @typedef {{userid: string | null, totals: {kind: CoverageKind, met: number, total: number}[], items: CoverageItem[]}} Coverage
 * @typedef {{mode: "real" | "offset" | "frozen", seconds: number, now: string}} Clock
 */

/**
 * A page of a list.
 * @template Item
 * @typedef {{items: Item[], next: string | number | null}} Page
 */

const TOKEN = "ccell-token";

/** The API refused a request, or did not answer. */
export class ApiError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }

  get needsToken() {
    return this.problem.status === 401;
  }
}

/** Requests to the API, with the token of this tab's session. */
export class Api {
  /** @param {string} base - the address of the page */
  constructor(base) {
    this.base = new URL("v1/", base);
    // The page's own address, so that a reverse proxy may give it a prefix.
    this.gateway = new URL("../sms3_api/xmlapi/", base);
  }

  get token() {
    return sessionStorage.getItem(TOKEN) ?? "";
  }

  set token(token) {
    if (token) sessionStorage.setItem(TOKEN, token);
    else sessionStorage.removeItem(TOKEN);
  }

  /** @returns {Record<string, string>} */
  get headers() {
    return this.token ? { Authorization: `Bearer ${this.token}` } : {};
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number | boolean | null | undefined>} [query] - empty members are left out
   */
  url(path, query = {}) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
    }
    return url;
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number | boolean | null | undefined>} [query]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  get(path, query = {}, signal = undefined) {
    return this.call("GET", this.url(path, query), undefined, signal);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  send(method, path, body = undefined) {
    return this.call(method, this.url(path), body);
  }

  /**
   * @param {string} method
   * @param {URL} url
   * @param {unknown} body
   * @param {AbortSignal} [signal]
   */
  async call(method, url, body, signal = undefined) {
    /** @type {RequestInit} */
    const init = { method, headers: this.headers, signal: signal ?? null };
    if (body !== undefined) {
      init.headers = { ...this.headers, "Content-Type": "application/json" };
      init.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await fetch(url, init);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ApiError({ type: "", title: "no answer", status: 0, detail: "" });
    }
    if (response.ok) return response.status === 204 ? null : response.json();
    throw new ApiError(await problemOf(response));
  }

  /**
   * The address of a path of an account.
   * @param {string} userid
   * @param {string} [rest]
   */
  static account(userid, rest = "") {
    return `accounts/${encodeURIComponent(userid)}${rest}`;
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
export async function problemOf(response) {
  try {
    return await response.json();
  } catch {
    return { type: "", title: `HTTP ${response.status}`, status: response.status, detail: response.statusText };
  }
}
