// Node's http. It declares no type by default.
import { request } from "node:http";
import { call, each, joined, password, print, read, scenario, seqid, sign, url } from "./call.mjs";

function exchange(options, body, id) {
  const sent = request({ hostname, port, ...options }, (answer) => {
    const chunks = [];
    answer.on("data", (chunk) => chunks.push(chunk));
    answer.on("error", (error) => print({ lost: error.message }));
    answer.on("end", () => read(Buffer.concat(chunks).toString(), id));
  });
  sent.on("error", (error) => print({ lost: error.message }));
  sent.end(body);
}

const { hostname, port, pathname } = new URL(url);
const acts = {
  post: () => exchange({ method: "POST", path: pathname }, call("1", { password }, each), "1"),
  get: () => {
    const query = encodeURIComponent(call(1, { seqid, sign }, joined));
    exchange({ path: `${pathname}?${query}` }, undefined, 1);
  },
  "get-single-quoted": () => {
    // A raw query must be Latin-1, so the content is encoded.
    const quoted = call(1, { password }, [{ ...joined[0], content: encodeURIComponent(joined[0].content) }]);
    exchange({ path: `${pathname}?${quoted.replaceAll('"', "'")}` }, undefined, 1);
  },
};
acts[scenario]();
