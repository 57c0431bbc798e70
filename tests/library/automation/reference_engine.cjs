// Evaluates expressions with the reference implementation of JSONata. Arguments: its folder, a file of
// [{text, variables}]. Prints a JSON list of their values, null for one that gives nothing; a text for an error.
const crypto = require("crypto");
const fs = require("fs");
const path = require("path");

const [folder, file] = process.argv.slice(2);
const jsonata = require(path.join(folder, "node_modules", "jsonata"));

async function value({ text, variables }) {
  try {
    const expression = jsonata(text);
    expression.registerFunction("parse", JSON.parse); // Step Functions' own
    expression.registerFunction("hash", (text, kind) =>
      crypto.createHash(kind.replace("-", "")).update(text).digest("hex"),
    );
    const found = await expression.evaluate(undefined, variables);
    return found === undefined ? null : found;
  } catch (error) {
    return `error: ${error.message || error.code}`;
  }
}

(async () => {
  const found = [];
  for (const one of JSON.parse(fs.readFileSync(file, "utf-8"))) found.push(await value(one));
  process.stdout.write(JSON.stringify(found));
})();
