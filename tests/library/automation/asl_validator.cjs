// Prints what asl-validator finds in the state machines that it is given, as JSON: [[message, …], …], one list each.
const fs = require("node:fs");
const validate = require(require.resolve("asl-validator", { paths: [process.argv[2]] }));

const found = process.argv.slice(3).map((file) => {
  const { errors } = validate(JSON.parse(fs.readFileSync(file, "utf8")));
  return errors.map((one) => `${one["Error code"]} ${one.Message}`);
});
console.log(JSON.stringify(found));
