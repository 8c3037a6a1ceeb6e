/** The state of the console, in one place. */

/**
 * @template {object} State
 */
export class Store {
  /** @param {State} initial */
  constructor(initial) {
    this.state = Object.freeze({ ...initial });
    /** @type {Set<(state: Readonly<State>, former: Readonly<State>) => void>} */
    this.listeners = new Set();
  }

  /**
   * Change some members, and tell every listener.
   * @param {Partial<State>} patch
   */
  set(patch) {
    const former = this.state;
    this.state = Object.freeze({ ...former, ...patch });
    for (const listener of [...this.listeners]) listener(this.state, former);
  }

  /**
   * Call a listener after each change. Returns the function that ends this.
   * @param {(state: Readonly<State>, former: Readonly<State>) => void} listener
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
