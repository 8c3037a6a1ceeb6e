/**
 * The OpenAPI document of the emulator, which describes every body in the language of the page.
 *
 * @typedef {{
 *   type?: string, description?: string, default?: unknown, const?: unknown, enum?: string[], anyOf?: Schema[],
 *   oneOf?: Schema[], discriminator?: {propertyName: string, mapping: Record<string, string>},
 *   items?: Schema, properties?: Record<string, Schema>, additionalProperties?: Schema | boolean, required?: string[],
 *   format?: string, uniqueItems?: boolean, minimum?: number, exclusiveMinimum?: number, maximum?: number, minLength?: number, $ref?: string,
 *   "x-groups"?: {title: string, members: string[]}[], "x-enum-descriptions"?: string[], "x-answer"?: unknown,
 * }} Schema
 */

const VERSION = "/_ccell/v1";

/** @type {Map<string, Promise<Schemas>>} */
const loaded = new Map();

/**
 * The document in a language. It is loaded once.
 * @param {import("./api.js").Api} api
 * @param {string} language
 */
export function schemasIn(api, language) {
  let schemas = loaded.get(language);
  if (!schemas) {
    schemas = api.get("../openapi.json", { lang: language }).then((document) => new Schemas(document));
    schemas.catch(() => loaded.delete(language));
    loaded.set(language, schemas);
  }
  return schemas;
}

export class Schemas {
  /** @param {any} document */
  constructor(document) {
    this.document = document;
  }

  /**
   * The body of an operation.
   * @param {string} method
   * @param {string} path - its path in the document, without the version
   * @returns {Schema}
   */
  body(method, path) {
    return this.resolve(this.document.paths[VERSION + path][method].requestBody.content["application/json"].schema);
  }

  /**
   * Follow a reference. Members beside it, such as a description, take precedence.
   * @param {Schema} schema
   * @returns {Schema}
   */
  resolve(schema) {
    if (!schema.$ref) return schema;
    const { $ref, ...own } = schema;
    return { ...this.document.components.schemas[$ref.split("/").at(-1) ?? ""], ...own };
  }

  /**
   * The alternatives of a schema without null, and whether null is one.
   * @param {Schema} schema
   */
  alternatives(schema) {
    const whole = this.resolve(schema);
    const all = (whole.anyOf ?? [whole]).map((one) => this.resolve(one));
    const some = all.filter((one) => one.type !== "null");
    return { some, isNullable: some.length < all.length };
  }

  /**
   * The values that members have if they are left out.
   * @param {Schema} schema
   * @returns {Record<string, unknown>}
   */
  defaults(schema) {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, one]) => [name, this.resolve(one).default]));
  }
}
