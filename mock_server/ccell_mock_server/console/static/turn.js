/** One load at a time: of two at once, the older answer could come last and stay. */

/**
 * @param {() => Promise<void>} load
 * @returns {() => Promise<void>} - loads; one more load serves all calls that came during one
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
    return (running ??= run());
  };
}
