// Reads {"logql": [...], "traceql": [...]} and writes, for each query, where its grammar stops to match: -1 is nowhere.
const parsers = {
  logql: require("@grafana/lezer-logql").parser,
  traceql: require("@grafana/lezer-traceql").parser,
};

function firstError(parser, query) {
  let found = -1;
  parser.parse(query).iterate({
    enter(node) {
      if (node.type.isError && (found < 0 || node.from < found)) found = node.from;
    },
  });
  return found;
}

const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const answer = {};
for (const [language, queries] of Object.entries(asked)) {
  answer[language] = queries.map((query) => firstError(parsers[language], query));
}
process.stdout.write(JSON.stringify(answer));
