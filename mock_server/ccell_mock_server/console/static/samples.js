/**
 * The request of a send in several languages. The password is left out: each language reads it from the environment.
 *
 * @typedef {{phone: string, content: string, linkid: string, sendtime: string | null, spcode: string}} Submit
 * @typedef {{url: string, userid: string, submit: Submit}} Request
 */

/** @type {Record<string, (request: Request, attributes: [string, string][]) => string>} */
const WRITERS = { curl, Python: python, Java: java, PHP: php, pytest };

export const LANGUAGES = Object.keys(WRITERS);

/**
 * @param {string} language
 * @param {Request} request
 * @returns {string}
 */
export function sample(language, request) {
  const { phone, content, linkid, sendtime, spcode } = request.submit;
  const at = sendtime && sendtime.slice(0, 19).replace("T", " ");
  const all = { phone, content, sendtime: at ?? "", linkid, spcode };
  const attributes = /** @type {[string, string][]} */ (Object.entries(all).filter(([, value]) => value));
  return WRITERS[language]?.(request, attributes) ?? "";
}

/**
 * @param {string} userid
 * @param {[string, string][]} attributes
 * @param {string} password
 */
export function payload(userid, attributes, password) {
  const written = attributes.map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join("");
  return `<root userid="${escapeXml(userid)}" password="${password}"><submit${written}/></root>`;
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
 * @param {[string, string][]} attributes
 */
function curl({ url, userid }, attributes) {
  const xml = payload(userid, attributes, "$PASSWORD").replace(/["\\`]/gu, "\\$&").replace(/\$(?!PASSWORD)/gu, "\\$");
  return `curl -H 'Content-Type: text/xml;charset=UTF-8' \\\n  --data-binary "${xml}" \\\n  ${url}send.jsp\n`;
}

/**
 * @param {Request} request
 * @param {[string, string][]} attributes
 */
function python({ url, userid }, attributes) {
  const [base] = url.split("/sms3_api/", 1);
  const named = attributes.filter(([name]) => name !== "phone" && name !== "content");
  const values = Object.fromEntries(attributes);
  const options = named.map(([name, value]) => `, ${name}=${quoted(value)}`).join("");
  return `import os

from ccell_fake import Client

with Client(${quoted(base ?? url)}, ${quoted(userid)}, os.environ["CCELL_FAKE_PASSWORD"]) as client:
    client.send(${quoted(values["phone"] ?? "")}, ${quoted(values["content"] ?? "")}${options})
`;
}

/**
 * @param {Request} request
 * @param {[string, string][]} attributes
 */
function java({ url, userid }, attributes) {
  const [before = "", after = ""] = payload(userid, attributes, "\u0000").split("\u0000");
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
 * @param {[string, string][]} attributes
 */
function php({ url, userid }, attributes) {
  const [before = "", after = ""] = payload(userid, attributes, "\u0000").split("\u0000").map((text) => text.replace(/[\\']/gu, "\\$&"));
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
 * @param {[string, string][]} attributes
 */
function pytest(_request, attributes) {
  const values = Object.fromEntries(attributes);
  return `def test_the_message_arrives(ccell):
    ccell.client.send(${quoted(values["phone"] ?? "")}, ${quoted(values["content"] ?? "")})
    assert ccell.outbox.one(phone=${quoted(values["phone"] ?? "")}).content == ${quoted(values["content"] ?? "")}
`;
}
