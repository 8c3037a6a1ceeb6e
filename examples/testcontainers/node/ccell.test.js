// The emulator in a container, for all tests of this file. Each test has an account of its own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { GenericContainer, Wait } from "testcontainers";

const TOKEN = "token-of-the-tests";

/** @type {import("testcontainers").StartedTestContainer} */
let container;
/** Address of the emulator, as your application needs it. */
let url = "";

before(async () => {
  container = await new GenericContainer("ccell-fake:latest")
    .withExposedPorts(8026)
    .withEnvironment({ CCELL_FAKE_CONTROL_TOKEN: TOKEN })
    .withWaitStrategy(Wait.forHttp("/_ccell/readyz", 8026))
    .start();
  url = `http://${container.getHost()}:${container.getMappedPort(8026)}`;
});

after(() => container?.stop());

/**
 * Calls the control API.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
async function control(method, path, body) {
  const answer = await fetch(`${url}/_ccell/v1/accounts${path}`, {
    method,
    headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, answer.statusText);
  return answer.json();
}

test("a message reaches the emulator", async () => {
  const { userid, password } = await control("POST", "", {});

  // Your application sends.
  const submit = '<submit phone="13800000000" content="验证码为1234。【签名】"/>';
  const body = `<root userid="${userid}" password="${password}">${submit}</root>`;
  const answer = await fetch(`${url}/sms3_api/xmlapi/send.jsp`, { method: "POST", body });
  assert.match(await answer.text(), /return="0"/);

  const { items } = await control("GET", `/${userid}/messages`);
  assert.deepEqual(items.map((/** @type {{content: string}} */ { content }) => content), ["验证码为1234。【签名】"]);
});
