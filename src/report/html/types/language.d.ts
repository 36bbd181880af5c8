/** A language of highlight.js. */
declare const language: unknown;
export default language;
