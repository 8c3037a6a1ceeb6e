/** Listen to the events of the emulator by a stream that comes back by itself, after the last event that came. */

import { ApiError, problemOf } from "./api.js";

const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5000;
const SILENCE = 40_000;

/**
 * @typedef {{kind: string, data: Record<string, any>, id: string}} StreamEvent
 * @typedef {"live" | "connecting" | "lost"} Connection
 */

export class Stream {
  /**
   * @param {import("./api.js").Api} api
   * @param {object} told
   * @param {(event: StreamEvent) => void} told.event - an event came
   * @param {() => void} told.open - the stream is open; nothing is missed from the last event on
   * @param {(connection: Connection) => void} told.connection - the state of the connection
   * @param {(error: ApiError) => void} told.refused - the emulator refused the stream, for example without a token
   */
  constructor(api, told) {
    this.api = api;
    this.told = told;
    this.abort = new AbortController();
    this.lastId = "";
  }

  /** Listen until `stop`. */
  async run() {
    let pause = FIRST_PAUSE;
    while (!this.abort.signal.aborted) {
      this.told.connection("connecting");
      try {
        await this.listen(() => {
          pause = FIRST_PAUSE;
        });
      } catch (error) {
        if (error instanceof ApiError && error.problem.status !== 0 && error.problem.status !== 503) {
          this.told.refused(error);
          return;
        }
      }
      if (this.abort.signal.aborted) return;
      this.told.connection("lost");
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)));
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  stop() {
    this.abort.abort();
  }

  /** @param {() => void} opened */
  async listen(opened) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    this.abort.signal.addEventListener("abort", stop);
    let watchdog = setTimeout(stop, SILENCE);
    try {
      const headers = this.lastId ? { ...this.api.headers, "Last-Event-ID": this.lastId } : this.api.headers;
      const response = await fetch(this.api.url("events"), { headers, signal: attempt.signal });
      if (!response.ok || !response.body) throw new ApiError(await problemOf(response));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      let isOpen = false;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        clearTimeout(watchdog);
        watchdog = setTimeout(stop, SILENCE);
        if (!isOpen) {
          isOpen = true;
          opened();
          this.told.connection("live");
          this.told.open();
        }
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const event = parseEvent(block);
          if (event.kind) this.told.event(event);
          this.lastId = event.id || this.lastId;
        }
      }
    } finally {
      clearTimeout(watchdog);
      this.abort.signal.removeEventListener("abort", stop);
    }
  }
}

/**
 * @param {string} block
 * @returns {StreamEvent} without a kind for a comment, which may have an id
 */
export function parseEvent(block) {
  let kind = "";
  let data = "{}";
  let id = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) kind = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
    else if (line.startsWith("id: ")) id = line.slice(4);
  }
  return { kind, data: JSON.parse(data), id };
}
