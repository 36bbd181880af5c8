/** What needs the parser, for `loadTransform`. */
export { functionsIn } from "../functions.ts";
export { transform } from "../transform.ts";
