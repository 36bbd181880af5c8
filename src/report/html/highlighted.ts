/** Sources highlighted line by line: what runs over several lines is closed and opened again at each. */
import hljs from "highlight.js/lib/core";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import { htmlText, type HtmlText, joined } from "../../base/texts.ts";

const languages = { javascript, json, python, typescript, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** By the end of a file's name. */
const languageOf: Readonly<Record<string, keyof typeof languages>> = {
  py: "python",
  pyi: "python",
  js: "javascript",
  mjs: "javascript",
  cjs: "javascript",
  jsx: "javascript",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
  tsx: "typescript",
  json: "json",
  yaml: "yaml",
  yml: "yaml",
};

/** The longest line, and the largest text, that are highlighted: what is longer was not written by hand. */
const mostColumns = 2000;
const mostLength = 400_000;

/** The lines of a source, made safe; plain where its language is not known. */
export function highlighted(text: string, file: string): HtmlText[] {
  const language = languageOf[/\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? ""];
  const lines = text.split(/\r\n|\n/);
  if (language === undefined || text.length > mostLength || lines.some(isTooLong))
    return lines.map((line) => htmlText`${line}`);
  const { value } = hljs.highlight(lines.join("\n"), { language, ignoreIllegals: true });
  return linesOf(value);
}

function isTooLong({ length }: string): boolean {
  return length > mostColumns;
}

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
};

/** What the highlighter writes holds text, and elements of one kind; nothing of it is taken over unread. */
function linesOf(value: string): HtmlText[] {
  const lines: HtmlText[][] = [[]];
  const open: string[] = [];
  const write = (part: HtmlText): void => void lines.at(-1)!.push(part);
  for (const [piece, scope] of value.matchAll(/<span class="([^"]*)">|<\/span>|[^<]+/g)) {
    if (scope !== undefined) {
      open.push(scope);
      write(htmlText`<span class="${scope}">`);
    } else if (piece === "</span>") {
      open.pop();
      write(htmlText`</span>`);
    } else {
      const text = piece.replaceAll(/&(?:amp|lt|gt|quot|#x27);/g, (one) => entities[one]!);
      for (const [index, part] of text.split("\n").entries()) {
        if (index > 0) {
          for (const _ of open) write(htmlText`</span>`);
          lines.push(open.map((one) => htmlText`<span class="${one}">`));
        }
        if (part !== "") write(htmlText`${part}`);
      }
    }
  }
  return lines.map((parts) => joined(parts, ""));
}
