// A send over JSON-RPC, and the reader of its answer.
import { createHash } from "node:crypto";

export const [base, userid, password, scenario] = process.argv.slice(2);
export const url = `${base}/sms3_api/jsonapi/jsonrpc2.jsp`;
const content = "验证码为1234。【签名】";
const phones = ["13800000000", "13900000001"];
export const each = phones.map((phone) => ({ content, phone }));
export const joined = [{ content, phone: phones.join(",") }];

const md5 = (text) => createHash("md5").update(text).digest("hex");
const shanghai = new Date(Date.now() + 8 * 3600 * 1000).toISOString();
export const seqid = `${shanghai.slice(2, 19).replace(/\D/g, "")}000001`;
export const sign = md5(seqid + md5(password));

/** Returns the JSON of a send. JSON leaves out an undefined id. */
export function call(id, secret, submit) {
  return JSON.stringify({ params: { submit, userid, ...secret }, method: "send", id });
}

/** Prints the first number's result. Other members, or values that are not strings, are errors. */
export function read(answer, id) {
  const { result, error, ...rest } = JSON.parse(answer);
  const members = ["phone", "msgid", "return", "info"];
  if (JSON.stringify(rest) !== JSON.stringify({ id })) throw new Error(`other members: ${answer}`);
  if (error) {
    print({ error: error.code, message: error.message });
    return;
  }
  const isString = members.every((name) => typeof result[0][name] === "string");
  if (!isString || Object.keys(result[0]).length !== members.length) throw new Error(`unreadable: ${answer}`);
  print({ code: result[0].return, msgid: result[0].msgid, info: result[0].info });
}

export function print(value) {
  console.log(JSON.stringify(value));
}
