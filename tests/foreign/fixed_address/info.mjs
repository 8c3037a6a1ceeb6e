// Node's https. The option lookup resolves the name.
import { request } from "node:https";

const lookup = (_name, options, done) =>
  options.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
request(process.argv[2], { method: "POST", lookup }, (answer) => answer.pipe(process.stdout)).end(
  '<root userid="200001" password="123456"></root>',
);
