// Client of the CCell SMS gateway, without dependencies. Copy this file into your project.
// It speaks JSON-RPC, because Node.js reads JSON, but not XML.

import { createHash, randomInt, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const NUMBERS_PER_REQUEST = 500;
const REPORTS_PER_ANSWER = 300;
const UPMSGS_PER_ANSWER = 100;
const SUCCESS = "0";
const TOO_MANY_REQUESTS = "1001006";
// Codes after which nothing was sent. After any other code the outcome is unknown, as after 1001999.
const REFUSALS = /^(100100[1-7]|10040(0[1-9]|1[0-5]))$/;
// Characters that XML does not allow, such as control characters and half a surrogate pair.
const NOT_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
// Errors of fetch before there is a connection, or of a TLS handshake. Nothing was sent.
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/**
 * What is known about a message. An unknown one may have been sent: look for its linkid in the reports before you send
 * it again. You may send again what was not sent.
 *
 * @typedef {"accepted" | "refused" | "unknown" | "not sent"} State
 */

/**
 * Outcome of a send for one number. `info` is the gateway's text, or the reason why there is none.
 *
 * @typedef {{phone: string, linkid: string, state: State, code: string, info: string, msgid: string}} Outcome
 */

/**
 * Status report. `recvtime` is China's time; status "0" means delivered.
 *
 * @typedef {{msgid: string, linkid: string, phone: string, recvtime: string, status: string, info: string}} Report
 */

/**
 * Message from a phone. `motime` is China's time.
 *
 * @typedef {{spnumber: string, phone: string, motime: string, msgcontent: string}} Upmsg
 */

/** A request without success. With the state "unknown", the gateway may have processed it. */
export class CcellError extends Error {
  /**
   * @param {State} state
   * @param {string} info
   * @param {string} code
   */
  constructor(state, info, code = "") {
    super(`${state}: ${code} ${info}`);
    this.name = "CcellError";
    this.state = state;
    this.info = info;
    this.code = code;
  }
}

/** Client of one account. Share it in the whole process, because it keeps to the thread limit. */
export class CcellClient {
  #address;
  #credentials;
  #timeout;
  #attempts;
  #pause;
  #free;
  /** @type {(() => void)[]} */
  #waiting = [];

  /**
   * @param {string} url
   * @param {string} userid
   * @param {string} password
   * @param {{signed?: boolean, threads?: number, timeout?: number, attempts?: number,
   *   pause?: (milliseconds: number) => Promise<unknown>}} options `timeout` is in milliseconds. If several processes
   *   use the account, divide its thread limit among them as `threads`.
   */
  constructor(url, userid, password, options = {}) {
    const { signed = false, threads = 3, timeout = 30_000, attempts = 4, pause = sleep } = options;
    this.#address = `${url.replace(/\/+$/, "")}/sms3_api/jsonapi/jsonrpc2.jsp`;
    this.#credentials = signed ? signer(userid, password) : () => ({ userid, password });
    this.#free = threads;
    this.#timeout = timeout;
    this.#attempts = attempts;
    this.#pause = pause;
  }

  /**
   * Sends to each different number once. Returns an outcome for each, and never throws a CcellError.
   *
   * @param {Iterable<string>} phones
   * @param {string} content
   * @param {string} linkid your reference for these messages, repeated in their reports
   * @returns {Promise<Outcome[]>}
   */
  async send(phones, content, linkid = randomUUID()) {
    const numbers = [...new Set(phones)];
    const wrong = numbers.find((phone) => !/^[0-9]+$/.test(phone));
    if (wrong !== undefined) {
      throw new TypeError(`a phone must consist of digits, got "${wrong}"`);
    }
    if (NOT_XML.test(content + linkid)) {
      throw new TypeError("content and linkid must consist of characters that XML allows");
    }
    /** @type {Outcome[]} */
    const outcomes = [];
    for (let start = 0; start < numbers.length; start += NUMBERS_PER_REQUEST) {
      const batch = numbers.slice(start, start + NUMBERS_PER_REQUEST);
      try {
        const items = await this.#call("send", { submit: [{ phone: batch.join(","), content, linkid }] });
        const resps = new Map(items.map((resp) => [text(resp, "phone").trim(), resp]));
        outcomes.push(...batch.map((phone) => outcome(phone, linkid, resps.get(phone))));
      } catch (error) {
        if (!(error instanceof CcellError)) {
          throw error;
        }
        const { state, code, info } = error;
        outcomes.push(...batch.map((phone) => ({ phone, linkid, state, code, info, msgid: "" })));
        for (const phone of numbers.slice(start + NUMBERS_PER_REQUEST)) {
          outcomes.push({ phone, linkid, state: "not sent", code: "", info: "an earlier request failed", msgid: "" });
        }
        break;
      }
    }
    return outcomes;
  }

  /**
   * Yields pages of reports until there are no more. Store each page: the gateway hands it out only once.
   *
   * @returns {AsyncGenerator<Report[]>}
   */
  reports() {
    return this.#pages("report", REPORTS_PER_ANSWER, ["msgid", "linkid", "phone", "recvtime", "status", "info"]);
  }

  /**
   * Yields pages of upstream messages until there are no more. The gateway hands each out only once.
   *
   * @returns {AsyncGenerator<Upmsg[]>}
   */
  upmsgs() {
    return this.#pages("upmsg", UPMSGS_PER_ANSWER, ["spnumber", "phone", "motime", "msgcontent"]);
  }

  /**
   * @param {string} method
   * @param {number} full
   * @param {string[]} names
   * @returns {AsyncGenerator<any[]>}
   */
  async *#pages(method, full, names) {
    for (let count = full; count >= full; ) {
      const items = await this.#call(method, {});
      count = items.length;
      if (count > 0) {
        yield items.map((item) => ({
          ...Object.fromEntries(names.map((name) => [name, text(item, name)])),
          phone: text(item, "phone").trim(),
        }));
      }
    }
  }

  /**
   * Retries, with longer and longer pauses, only what was surely not sent.
   *
   * @param {string} method
   * @param {object} params
   */
  async #call(method, params) {
    for (let attempt = 1; ; attempt += 1) {
      await this.#takeSlot();
      try {
        return await this.#request(method, params);
      } catch (error) {
        if (!(error instanceof CcellError) || error.state !== "not sent" || attempt === this.#attempts) {
          throw error;
        }
      } finally {
        this.#freeSlot();
      }
      await this.#pause(500 * 2 ** attempt * (0.5 + Math.random() / 2));
    }
  }

  /**
   * @param {string} method
   * @param {object} params
   * @returns {Promise<Record<string, unknown>[]>}
   */
  async #request(method, params) {
    const body = JSON.stringify({ id: randomUUID(), method, params: { ...this.#credentials(), ...params } });
    const { error, result } = await this.#post(body);
    if (error) {
      const code = String(error.code);
      const state = code === TOO_MANY_REQUESTS ? "not sent" : refusedOrUnknown(code);
      throw new CcellError(state, String(error.message), code);
    }
    if (!Array.isArray(result)) {
      throw new CcellError("unknown", "unreadable answer: it has neither result nor error");
    }
    return result;
  }

  /**
   * Posts once: fetch does not resend a POST.
   *
   * @param {string} body
   */
  async #post(body) {
    let received;
    try {
      const answer = await fetch(this.#address, {
        method: "POST",
        // A kept connection may close just when a request is written. A new one does not.
        headers: { "Content-Type": "application/json", Connection: "close" },
        body,
        redirect: "manual",
        signal: AbortSignal.timeout(this.#timeout),
      });
      if (answer.status !== 200) {
        throw new CcellError("unknown", `HTTP status ${answer.status}`);
      }
      received = await answer.text();
    } catch (error) {
      throw error instanceof CcellError ? error : failure(/** @type {Error} */ (error));
    }
    try {
      return Object(JSON.parse(received));
    } catch (error) {
      throw new CcellError("unknown", `unreadable answer: ${error}`);
    }
  }

  async #takeSlot() {
    if (this.#free > 0) {
      this.#free -= 1;
    } else {
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
    }
  }

  #freeSlot() {
    const next = this.#waiting.shift();
    if (next) {
      next();
    } else {
      this.#free += 1;
    }
  }
}

/** @param {Error & {cause?: any}} error */
function failure(error) {
  // An address with several hosts has an error for each.
  const causes = error.cause?.errors ?? [error.cause];
  if (causes.every((/** @type {any} */ cause) => NOT_CONNECTED.has(cause?.code))) {
    return new CcellError("not sent", `no connection: ${error.cause.code}`);
  }
  return new CcellError("unknown", `no answer: ${error.cause?.message ?? error.message}`);
}

/**
 * @param {string} phone
 * @param {string} linkid
 * @param {Record<string, unknown> | undefined} resp
 * @returns {Outcome}
 */
function outcome(phone, linkid, resp) {
  if (!resp) {
    return { phone, linkid, state: "unknown", code: "", info: "the answer does not contain the number", msgid: "" };
  }
  const code = text(resp, "return");
  const state = code === SUCCESS ? "accepted" : refusedOrUnknown(code);
  return { phone, linkid, state, code, info: text(resp, "info"), msgid: text(resp, "msgid") };
}

/**
 * @param {string} code
 * @returns {State}
 */
function refusedOrUnknown(code) {
  return REFUSALS.test(code) ? "refused" : "unknown";
}

/**
 * @param {any} item
 * @param {string} name
 */
function text(item, name) {
  return String(item?.[name] ?? "");
}

/**
 * @param {string} userid
 * @param {string} password
 */
function signer(userid, password) {
  let serial = randomInt(1_000_000);
  return () => {
    // Each request needs a seqid of its own: China's time as yyMMddHHmmss, and six digits.
    serial = (serial + 1) % 1_000_000;
    const time = new Date(Date.now() + 8 * 3_600_000).toISOString().replace(/\D/g, "").slice(2, 14);
    const seqid = time + String(serial).padStart(6, "0");
    return { userid, seqid, sign: md5(seqid + md5(password)) };
  };
}

/** @param {string} value */
function md5(value) {
  return createHash("md5").update(value).digest("hex");
}
