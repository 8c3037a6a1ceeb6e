/** A live list, newest first: it asks for pages, and puts what is new above them. */

import { inTurn } from "./turn.js";

/**
 * @template Item
 */
export class Feed {
  /**
   * @param {import("./list.js").LongList<Item>} list
   * @param {(cursor: string | number | null, signal: AbortSignal) => Promise<import("./api.js").Page<Item>>} ask
   * @param {(error: unknown) => void} report
   * @param {() => void} changed - called when the list has changed
   */
  constructor(list, ask, report, changed) {
    this.list = list;
    this.ask = ask;
    this.report = report;
    this.changed = changed;
    this.asking = new AbortController();
    /** @type {string | number | null} */
    this.cursor = null;
    /** @type {string | number | null} - the page that is on its way */
    this.wanted = null;
    /** Ask for the newest items. Known ones stay below. */
    this.newest = inTurn(() => this.renew());
  }

  /** Ask for the page after the last one, unless it is on its way. */
  async more() {
    const { signal } = this.asking;
    const { cursor } = this;
    if (cursor === null || cursor === this.wanted) return;
    this.wanted = cursor;
    try {
      const page = await this.ask(cursor, signal);
      // So many new items have come meanwhile that the list began again.
      if (cursor !== this.cursor) return;
      this.cursor = page.next;
      this.list.set([...this.list.items, ...page.items], this.cursor === null);
    } catch (error) {
      // The next draw asks again.
      this.report(error);
    } finally {
      if (cursor === this.wanted) this.wanted = null;
    }
  }

  async renew() {
    try {
      this.add(await this.ask(null, this.asking.signal));
      this.list.element.setAttribute("aria-busy", "false");
      this.changed();
    } catch (error) {
      this.report(error);
    }
  }

  /** @param {import("./api.js").Page<Item>} page */
  add(page) {
    const { list } = this;
    const last = page.items.at(-1);
    const known = new Map(list.items.map((item, index) => [list.key(item), index]));
    const place = last && known.get(list.key(last));
    if (place !== undefined && page.next !== null) {
      list.set([...page.items, ...list.items.slice(place + 1)], this.cursor === null);
    } else {
      this.cursor = page.next;
      list.set(page.items, this.cursor === null);
    }
  }

  /** Begin again, because other items are wanted. */
  again() {
    this.close();
    this.asking = new AbortController();
    this.list.clear();
    this.list.element.setAttribute("aria-busy", "true");
    return this.newest();
  }

  close() {
    this.asking.abort();
  }
}
