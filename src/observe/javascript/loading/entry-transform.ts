/** The transformation, for `loadTransform`. */
export { transform } from "../transform.ts";
