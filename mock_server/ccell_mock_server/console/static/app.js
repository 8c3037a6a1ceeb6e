/**
 * What every view gets.
 *
 * @typedef {object} State
 * @property {import("./route.js").Route} route
 * @property {import("./i18n.js").Language} language
 * @property {import("./api.js").Account[]} accounts
 * @property {import("./stream.js").Connection} connection
 * @property {boolean} isPaused
 * @property {number} unread - messages that came while the tab was hidden or the list paused
 *
 * @typedef {object} App
 * @property {import("./api.js").Api} api
 * @property {import("./state.js").Store<State>} store
 * @property {(key: string, ...values: (string | number)[]) => string} t
 * @property {(page: string, parts?: string[], query?: Record<string, string | null | undefined>) => void} go
 * @property {(error: unknown) => void} report - shows an error
 * @property {() => Promise<void>} reloadAccounts
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {string} title
 * @property {(route: import("./route.js").Route) => boolean} [follow] - shows another address; false if it cannot
 * @property {() => void} [refresh] - something happened on the emulator
 * @property {(event: KeyboardEvent) => boolean} [key] - handles a key; false if it does not
 * @property {() => void} [close]
 */

export {};
