/** What is used of highlight.js, whose own types bring those of a browser into all of tandem. */
declare const hljs: {
  registerLanguage(name: string, language: unknown): void;
  highlight(
    code: string,
    options: { language: string; ignoreIllegals: boolean },
  ): { value: string };
};
export default hljs;
