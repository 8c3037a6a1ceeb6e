import { h } from "./dom.js";

/**
 * A list of any length: only the rows in sight are in the document, and more are asked for at its end.
 * @template Item
 */
export class LongList {
  /**
   * @param {object} how
   * @param {(item: Item, place: number) => HTMLElement} how.row - makes a row
   * @param {(item: Item) => string} how.key - names an item
   * @param {() => void} how.more - asks for more items, while the end is in sight
   * @param {string} how.label - the name of the list
   */
  constructor({ row, key, more, label }) {
    this.row = row;
    this.key = key;
    this.more = more;
    /** @type {Item[]} */
    this.items = [];
    this.isComplete = false;
    this.rowHeight = 0;
    this.body = h("ul", { class: "rows", "aria-label": label });
    this.element = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": label }, this.body);
    /** @type {Map<string, {item: Item, place: number, element: HTMLElement}>} */
    this.shown = new Map();
    this.element.addEventListener("scroll", () => this.schedule(), { passive: true });
    this.observer = new ResizeObserver(() => {
      this.rowHeight = 0;
      this.schedule();
    });
    this.observer.observe(this.element);
    this.frame = 0;
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /**
   * Replace the items.
   * @param {Item[]} items
   * @param {boolean} isComplete - whether there are no more
   */
  set(items, isComplete) {
    const before = this.items[0];
    this.items = items;
    this.isComplete = isComplete;
    // Who has scrolled down keeps what is in sight when items come in above.
    if (before && this.element.scrollTop > this.rowHeight) {
      const name = this.key(before);
      const moved = items.findIndex((item) => this.key(item) === name);
      if (moved > 0) this.element.scrollTop += moved * this.rowHeight;
    }
    this.draw();
  }

  /** Remove all items. */
  clear() {
    this.items = [];
    this.redraw();
    this.element.scrollTop = 0;
  }

  /** Make every row anew. */
  redraw() {
    this.shown.clear();
    this.body.replaceChildren();
    this.draw();
  }

  schedule() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    if (!this.rowHeight) {
      this.rowHeight = Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 48;
    }
    const height = this.rowHeight;
    const first = Math.max(Math.floor(this.element.scrollTop / height) - 8, 0);
    const last = Math.min(first + Math.ceil(this.element.clientHeight / height) + 16, this.items.length);
    this.body.style.setProperty("height", `${this.items.length * height}px`);
    /** @type {typeof this.shown} */
    const shown = new Map();
    for (let place = first; place < last; place += 1) {
      const item = /** @type {Item} */ (this.items[place]);
      const name = this.key(item);
      const former = this.shown.get(name);
      let element = former?.element;
      if (!former || former.item !== item) {
        const hadFocus = element?.contains(document.activeElement);
        const made = this.row(item, place);
        element?.replaceWith(made);
        element = made;
        if (hadFocus) made.querySelector("a")?.focus({ preventScroll: true });
      }
      if (element) {
        element.style.setProperty("transform", `translateY(${place * height}px)`);
        element.setAttribute("aria-setsize", this.isComplete ? String(this.items.length) : "-1");
        element.setAttribute("aria-posinset", String(place + 1));
        // Readers follow the order in the document.
        const there = this.body.children[place - first] ?? null;
        if (there !== element) this.body.insertBefore(element, there);
        shown.set(name, { item, place, element });
      }
    }
    for (const [name, { element }] of this.shown) if (!shown.has(name)) element.remove();
    this.shown = shown;
    if (!this.isComplete && this.items.length > 0 && last >= this.items.length - 20) this.more();
  }

  /** @param {number} place */
  reveal(place) {
    const top = place * this.rowHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > this.element.scrollTop + this.element.clientHeight) {
      this.element.scrollTop = top + this.rowHeight - this.element.clientHeight;
    }
    this.draw();
  }
}
