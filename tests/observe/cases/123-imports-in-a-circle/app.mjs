// The program loads a plugin with a top-level await, and the plugin asks the program for its settings in the same
// way: each waits for the other's end. Node ends with status 13; Bun hangs.
export const settings = { theme: "dark" };

console.log("app: loading the plugin");
const { paint } = await import("./plugin.mjs");
console.log("never printed", paint());
