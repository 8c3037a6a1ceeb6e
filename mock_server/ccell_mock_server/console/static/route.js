/**
 * The address of a view: `#/messages?account=200001&q=phone:138*`. Everything that a colleague has to see is in it.
 *
 * @typedef {{page: string, parts: string[], query: Record<string, string>}} Route
 */

/**
 * @param {string} hash
 * @returns {Route}
 */
export function parseRoute(hash) {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...parts] = path.split("/").map(decode);
  return { page: page || "messages", parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * @param {string} page
 * @param {string[]} parts
 * @param {Record<string, string | null | undefined>} query - empty members are left out
 */
export function formatRoute(page, parts = [], query = {}) {
  const path = [page, ...parts].map(encodeURIComponent).join("/");
  const members = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(/** @type {[string, string][]} */ (members)).toString();
  return `#/${path}${text ? `?${text}` : ""}`;
}

/**
 * A part of an address. A part with a wrong percent sign stays as it is.
 * @param {string} part
 */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
