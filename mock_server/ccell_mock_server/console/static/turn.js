/** One load at a time. Of two at once, the older answer could come last and stay. */

/**
 * Make a function that loads in turn. One more load serves all calls that came during a load.
 * @param {() => Promise<void>} load
 * @returns {() => Promise<void>} - ends after a load that began after the call
 */
export function inTurn(load) {
  /** @type {Promise<void> | null} */
  let running = null;
  let isWanted = false;

  async function run() {
    try {
      while (isWanted) {
        isWanted = false;
        await load();
      }
    } finally {
      running = null;
    }
  }

  return () => {
    isWanted = true;
    running ??= run();
    return running;
  };
}
