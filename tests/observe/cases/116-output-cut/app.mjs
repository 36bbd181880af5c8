// A command prints a long document and calls process.exit(): what the pipe did not take at once is lost, and the
// status says that all is well; Bun's console.log waits for the pipe. Ends by itself with status 0.
function documentOf(rows) {
  return JSON.stringify(Array.from({ length: rows }, (_, id) => ({ id, text: "x".repeat(80) })));
}

const text = documentOf(40_000);
console.log(text);
process.exit(0);
