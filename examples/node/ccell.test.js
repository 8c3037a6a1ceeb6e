import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";

import { CcellClient } from "./ccell.js";

const URL = process.env.CCELL_FAKE_URL ?? "http://127.0.0.1:8026";
const TOKEN = process.env.CCELL_FAKE_CONTROL_TOKEN;
const CONTENT = "验证码为1234。【签名】";
const PHONE = "13800000000";
const ACCEPTED = JSON.stringify({ result: [{ phone: PHONE, return: "0" }] });

const phones = (count) => Array.from({ length: count }, (_, number) => `138${String(number).padStart(8, "0")}`);
const states = (outcomes) => [...new Set(outcomes.map(({ state }) => state))];

async function collect(pages) {
  const collected = [];
  for await (const page of pages) {
    collected.push(page);
  }
  return collected;
}

/** An account of its own for one test, arranged by the emulator's control API. */
class Account {
  pauses = [];

  static async open(t) {
    const account = Object.assign(new Account(), await request("POST", "", {}));
    t.after(() => account.control("DELETE", ""));
    return account;
  }

  control(method, path, body) {
    return request(method, `/${this.userid}${path}`, body);
  }

  client(options) {
    const pause = async (milliseconds) => this.pauses.push(milliseconds);
    return new CcellClient(URL, this.userid, this.password, { pause, ...options });
  }

  async journal() {
    return (await this.control("GET", "/journal?limit=1000")).items;
  }

  async codes() {
    return (await this.journal()).map(({ code }) => code);
  }

  async messages() {
    return (await this.control("GET", "/messages?limit=1000")).items;
  }
}

async function request(method, path, body) {
  const answer = await fetch(`${URL}/_ccell/v1/accounts${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...(TOKEN && { Authorization: `Bearer ${TOKEN}` }) },
    body: body && JSON.stringify(body),
  }).catch((error) => assert.fail(`no emulator at ${URL}: start it with \`ccell-fake serve\`: ${error.cause}`));
  const text = await answer.text();
  assert.ok(answer.ok, text);
  return text && JSON.parse(text);
}

test("a code is sent, and reported a minute later", async (t) => {
  const account = await Account.open(t);
  await account.control("PUT", "/clock", { mode: "frozen" });
  await account.control("PATCH", "", { report_delay: 60 });
  const client = account.client();
  const [{ state, msgid }] = await client.send([PHONE], CONTENT, "order-17");
  assert.equal(state, "accepted");
  assert.deepEqual(await collect(client.reports()), []);

  await account.control("POST", "/clock/advance", { seconds: 60 });
  const [[report]] = await collect(client.reports());
  assert.deepEqual([report.msgid, report.linkid, report.phone, report.status], [msgid, "order-17", PHONE, "0"]);
});

test("each number has its own code", async (t) => {
  const client = (await Account.open(t)).client();
  const [accepted, refused] = await client.send([PHONE, "19500001111"], CONTENT);
  assert.equal(accepted.state, "accepted");
  assert.deepEqual([refused.state, refused.code], ["refused", "1004001"]);
  assert.equal(refused.info, "手机号不可识别19500001111");
});

test("every character arrives unchanged", async (t) => {
  const account = await Account.open(t);
  const content = "<a href=\"x\">&amp; 'b'</a>\r\n\t+%41 \\ 😀【签名】";
  await account.client().send([PHONE], content);
  assert.equal((await account.messages())[0].content, content);
});

test("many numbers are sent in requests of at most 500", async (t) => {
  const account = await Account.open(t);
  const outcomes = await account.client().send(phones(1001), CONTENT);
  assert.deepEqual(outcomes.map(({ phone }) => phone), phones(1001));
  assert.deepEqual(states(outcomes), ["accepted"]);
  assert.deepEqual((await account.journal()).map(({ items }) => items), [500, 500, 1]);
});

test("a number that occurs twice gets one message", async (t) => {
  const account = await Account.open(t);
  assert.equal((await account.client().send([PHONE, PHONE], CONTENT)).length, 1);
  assert.equal((await account.messages()).length, 1);
});

for (const wrong of ["", "138 0000", "13800000000,13900000000", "+8613800000000"]) {
  test(`the phone "${wrong}" is an error before anything is sent`, async (t) => {
    const account = await Account.open(t);
    await assert.rejects(account.client().send([PHONE, wrong], CONTENT), /digits/);
    assert.deepEqual(await account.journal(), []);
  });
}

for (const character of ["\0", "\x1b", "\ud83d", "\uffff"]) {
  test(`the character ${JSON.stringify(character)} is an error before anything is sent`, async (t) => {
    const account = await Account.open(t);
    await assert.rejects(account.client().send([PHONE], CONTENT + character), TypeError);
    assert.deepEqual(await account.journal(), []);
  });
}

for (const fault of [
  { kind: "close", processed: true },
  { kind: "reset", processed: true },
  { kind: "truncate" },
  { kind: "broken_json" },
  { kind: "http", status: 502, processed: true, body: ACCEPTED },
  { kind: "http", status: 307, processed: true, headers: { Location: "/sms3_api/jsonapi/jsonrpc2.jsp" } },
  { kind: "http", status: 200, processed: true, body: "<html/>" },
  { kind: "http", status: 200, processed: true, body: "null" },
  { kind: "code", code: "1001999" },
]) {
  test(`after the fault ${JSON.stringify(fault)} a send is unknown and not sent again`, async (t) => {
    const account = await Account.open(t);
    const client = account.client();
    await client.send([PHONE], CONTENT); // A library that keeps connections has one now.
    await account.control("POST", "/faults", fault);
    const outcomes = await client.send(phones(501), CONTENT);
    assert.deepEqual(states(outcomes.slice(0, 500)), ["unknown"]);
    assert.equal(outcomes[500].state, "not sent");
    assert.equal((await account.journal()).length, 2);
    assert.equal((await account.messages()).length, fault.kind === "code" ? 1 : 501);
    assert.deepEqual(account.pauses, []);
  });
}

for (const fault of [{ kind: "delay", seconds: 1.5 }, { kind: "dribble", piece: 20, seconds: 0.2 }]) {
  test(`a send that is not answered in time is unknown and not sent again: ${fault.kind}`, async (t) => {
    const account = await Account.open(t);
    await account.control("POST", "/faults", fault);
    const [{ state }] = await account.client({ timeout: 500 }).send([PHONE], CONTENT);
    assert.equal(state, "unknown");
    await account.control("POST", "/wait", { phone: PHONE, timeout: 30 });
    assert.deepEqual(await account.codes(), ["0"]);
  });
}

test("a number that the answer does not contain is unknown", async (t) => {
  const account = await Account.open(t);
  await account.control("POST", "/faults", { kind: "http", status: 200, body: ACCEPTED });
  const outcomes = await account.client().send(phones(2), CONTENT);
  assert.deepEqual(outcomes.map(({ state }) => state), ["accepted", "unknown"]);
});

test("a request over the thread limit is sent again after a pause", async (t) => {
  const account = await Account.open(t);
  await account.control("POST", "/holds", { slots: 3 });
  const client = account.client({ pause: () => account.control("DELETE", "/holds") });
  assert.deepEqual(states(await client.send([PHONE], CONTENT)), ["accepted"]);
  assert.deepEqual(await account.codes(), ["1001006", "0"]);
});

test("a request over the thread limit is given up after four attempts", async (t) => {
  const account = await Account.open(t);
  await account.control("POST", "/holds", { slots: 3 });
  const [{ state, code }] = await account.client().send([PHONE], CONTENT);
  assert.deepEqual([state, code], ["not sent", "1001006"]);
  assert.deepEqual(await account.codes(), ["1001006", "1001006", "1001006", "1001006"]);
  assert.equal(account.pauses.length, 3);
  assert.deepEqual(account.pauses, [...account.pauses].sort((a, b) => a - b));
});

test("nothing is sent without a connection", async () => {
  const unused = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => unused.once("listening", resolve));
  const { port } = unused.address();
  await new Promise((resolve) => unused.close(resolve));
  let pauses = 0;
  const client = new CcellClient(`http://127.0.0.1:${port}`, "200001", "123456", { pause: async () => (pauses += 1) });
  assert.deepEqual(states(await client.send([PHONE], CONTENT)), ["not sent"]);
  assert.equal(pauses, 3);
});

test("nothing is sent without a TLS handshake", async (t) => {
  const alert = Buffer.from("15030300020228", "hex"); // A TLS record: "handshake failure".
  const server = createServer((socket) => socket.once("data", () => socket.end(alert))).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `https://127.0.0.1:${server.address().port}`;
  const client = new CcellClient(url, "200001", "123456", { pause: async () => undefined });
  assert.deepEqual(states(await client.send([PHONE], CONTENT)), ["not sent"]);
});

test("a refused request is not sent again", async (t) => {
  const account = await Account.open(t);
  await account.control("PATCH", "", { balance: 0 });
  const [{ state, code }] = await account.client().send([PHONE], CONTENT);
  assert.deepEqual([state, code], ["refused", "1001002"]);
  assert.deepEqual(await account.codes(), ["1001002"]);
});

test("sends at the same time keep to the thread limit", async (t) => {
  const account = await Account.open(t);
  await account.control("PATCH", "", { processing_time: 0.1 });
  const client = account.client();
  const sends = await Promise.all(phones(9).map((phone) => client.send([phone], CONTENT)));
  assert.deepEqual(states(sends.flat()), ["accepted"]);
  assert.deepEqual(await account.codes(), Array(9).fill("0"));
});

for (const [count, sizes] of [[299, [299]], [300, [300]], [650, [300, 300, 50]]]) {
  test(`${count} reports are fetched in pages of ${sizes}`, async (t) => {
    const client = (await Account.open(t)).client();
    await client.send(phones(count), CONTENT);
    assert.deepEqual((await collect(client.reports())).map((page) => page.length), sizes);
    assert.deepEqual(await collect(client.reports()), []);
  });
}

test("pages before a failure are handed over", async (t) => {
  const account = await Account.open(t);
  const client = account.client();
  await client.send(phones(301), CONTENT);
  await account.control("POST", "/faults", { kind: "close", operation: "report", skip: 1 });
  const pages = client.reports();
  assert.equal((await pages.next()).value.length, 300);
  await assert.rejects(pages.next(), { name: "CcellError", state: "unknown" });
});

test("replies are fetched until a page is not full", async (t) => {
  const account = await Account.open(t);
  for (const phone of phones(101)) {
    await account.control("POST", "/upmsgs", { phone, content: " 好的 <ok> " });
  }
  const pages = await collect(account.client().upmsgs());
  assert.deepEqual(pages.map((page) => page.length), [100, 1]);
  assert.equal(pages[1][0].phone, phones(101)[100]);
  assert.equal(pages[1][0].msgcontent, " 好的 <ok> ");
});

test("a signed send has a sign of its own and no password", async (t) => {
  const account = await Account.open(t);
  const client = account.client({ signed: true });
  for (const phone of phones(2)) {
    assert.deepEqual(states(await client.send([phone], CONTENT)), ["accepted"]);
  }
  for (const { request } of await account.journal()) {
    assert.match(request, /"sign":/);
    assert.doesNotMatch(request, /"password":/);
  }
});
