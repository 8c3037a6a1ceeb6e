// Node's fetch, which is undici.
import { call, each, joined, password, print, read, scenario, seqid, sign, url } from "./call.mjs";

async function exchange(...request) {
  try {
    const answer = await fetch(...request);
    return await answer.text();
  } catch (error) {
    print({ lost: String(error.cause ?? error) });
    process.exit(0);
  }
}

const headers = { "Content-Type": "application/json" };
const acts = {
  post: async () => read(await exchange(url, { method: "POST", headers, body: call(undefined, { password }, joined) })),
  "post-signed": async () => {
    const body = call(seqid, { seqid, sign }, each);
    read(await exchange(url, { method: "POST", headers, body }), seqid);
  },
  get: async () => read(await exchange(`${url}?${encodeURIComponent(call(1, { password }, joined))}`), 1),
};
await acts[scenario]();
