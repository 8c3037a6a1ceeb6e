/**
 * The request of a send in several languages. The password is left out: each language reads it from the environment.
 *
 * @typedef {{phone: string, content: string, linkid: string, sendtime: string | null, spcode: string}} Submit
 * @typedef {{url: string, userid: string, submits: Submit[]}} Request
 * @typedef {[string, string][]} Attributes - names and values of a submit, in order
 */

/** @type {Record<string, (request: Request, submits: Attributes[]) => string>} */
const WRITERS = { curl, Python: python, Java: java, PHP: php, pytest };

export const LANGUAGES = Object.keys(WRITERS);

/**
 * @param {string} language
 * @param {Request} request
 * @returns {string}
 */
export function sample(language, request) {
  return WRITERS[language]?.(request, request.submits.map(attributesOf)) ?? "";
}

/**
 * The attributes of a submit that are not empty.
 * @param {Submit} submit
 * @returns {Attributes}
 */
export function attributesOf({ phone, content, linkid, sendtime, spcode }) {
  const at = sendtime && sendtime.slice(0, 19).replace("T", " ");
  return Object.entries({ phone, content, sendtime: at ?? "", linkid, spcode }).filter(([, value]) => value);
}

/**
 * @param {string} userid
 * @param {Attributes[]} submits
 * @param {string} password - as XML
 */
export function payload(userid, submits, password) {
  const written = submits.map((one) => `<submit${one.map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join("")}/>`);
  return `<root userid="${escapeXml(userid)}" password="${password}">${written.join("")}</root>`;
}

/** @param {string} text */
export function escapeXml(text) {
  const names = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;" });
  return text.replace(/[&<>"\n\r\t]/gu, (character) => names[character] ?? character);
}

/**
 * A string of Python, Java or PHP: JSON's escapes are theirs, too.
 * @param {string} text
 */
function quoted(text) {
  return JSON.stringify(text);
}

/**
 * @param {Request} request
 * @param {Attributes[]} submits
 */
function curl({ url, userid }, submits) {
  const xml = payload(userid, submits, "$PASSWORD").replace(/["\\`]/gu, "\\$&").replace(/\$(?!PASSWORD)/gu, "\\$");
  return `curl -H 'Content-Type: text/xml;charset=UTF-8' \\\n  --data-binary "${xml}" \\\n  ${url}send.jsp\n`;
}

/**
 * @param {Request} request
 * @param {Attributes[]} submits
 */
function python({ url, userid }, submits) {
  const [base] = url.split("/sms3_api/", 1);
  return `import os

${submits.length === 1 ? "from ccell_fake import Client" : "from ccell_fake.client import Client, submit"}

with Client(${quoted(base ?? url)}, ${quoted(userid)}, os.environ["CCELL_FAKE_PASSWORD"]) as client:
    client.send(${pythonArguments(submits, "    ")})
`;
}

/**
 * The arguments of `Client.send`.
 * @param {Attributes[]} submits
 * @param {string} indent
 */
function pythonArguments(submits, indent) {
  const written = submits.map((one) => {
    const { phone = "", content = "", ...rest } = Object.fromEntries(one);
    return [quoted(phone), quoted(content), ...Object.entries(rest).map(([name, value]) => `${name}=${quoted(value)}`)].join(", ");
  });
  if (written.length === 1) return written[0];
  return `[\n${written.map((one) => `${indent}    submit(${one}),\n`).join("")}${indent}]`;
}

/**
 * @param {Request} request
 * @param {Attributes[]} submits
 */
function java({ url, userid }, submits) {
  const [before = "", after = ""] = payload(userid, submits, "\u0000").split("\u0000");
  return `var xml = ${quoted(before)} + System.getenv("CCELL_FAKE_PASSWORD") + ${quoted(after)};
var request = HttpRequest.newBuilder(URI.create(${quoted(`${url}send.jsp`)}))
    .header("Content-Type", "text/xml;charset=UTF-8")
    .POST(HttpRequest.BodyPublishers.ofString(xml))
    .build();
System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
`;
}

/**
 * @param {Request} request
 * @param {Attributes[]} submits
 */
function php({ url, userid }, submits) {
  const [before = "", after = ""] = payload(userid, submits, "\u0000").split("\u0000").map((text) => text.replace(/[\\']/gu, "\\$&"));
  return `<?php
$xml = '${before}' . getenv('CCELL_FAKE_PASSWORD') . '${after}';
echo file_get_contents('${url}send.jsp', false, stream_context_create(['http' => [
    'method' => 'POST',
    'header' => 'Content-Type: text/xml;charset=UTF-8',
    'content' => $xml,
]]));
`;
}

/**
 * @param {Request} _request
 * @param {Attributes[]} submits
 */
function pytest(_request, submits) {
  const checks = submits.map((one) => {
    const { phone = "", content = "" } = Object.fromEntries(one);
    const [first = ""] = phone.split(",").map((number) => number.trim()).filter(Boolean);
    return submits.length === 1
      ? `    assert ccell.outbox.one(phone=${quoted(first)}).content == ${quoted(content)}\n`
      : `    assert ccell.outbox.one(phone=${quoted(first)}, content=${quoted(content)})\n`;
  });
  const head = submits.length === 1 ? "" : "from ccell_fake.client import submit\n\n\n";
  return `${head}def test_the_message_arrives(ccell):\n    ccell.client.send(${pythonArguments(submits, "    ")})\n${checks.join("")}`;
}
