// Pairs of templates on stdin, on stdout what the CDK's own diff says of each: permissionsBroadened.
const { fullDiff } = require('@aws-cdk/cloudformation-diff');
const pairs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(pairs.map(([before, after]) => fullDiff(before, after).permissionsBroadened)));
