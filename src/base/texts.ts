/**
 * Texts that are safe to write: a function for each kind of output, and a type that only it gives.
 *
 * A text of a program or of a document may hold what steers a terminal, turns a line around, hides a part
 * of it or breaks the format it stands in. All such code points are shown as `\u202e`, in the way of
 * escapes where the format has them and as visible text where it has none. What writes to an output takes
 * safe texts alone. In a template with a tag literals pass, values are made safe, and what is safe already
 * stands in a list: terminal`${name} is lost`, xml`<a name="${name}">${[inside]}</a>`.
 */

declare const kind: unique symbol;

/** A text that is safe in one kind of output. Only this file makes them. */
export type Safe<Kind extends string> = string & { readonly [kind]: Kind };

export type TerminalText = Safe<"terminal">;
export type JsonText = Safe<"json">;
export type XmlText = Safe<"xml">;
export type HtmlText = Safe<"html">;
export type MarkdownText = Safe<"markdown">;
export type CsvText = Safe<"csv">;
export type WorkflowText = Safe<"workflow">;
export type SourceText = Safe<"source">;
/** A scenario's document, in YAML or JSON. */
export type DocumentText = Safe<"document">;
/** The output of a run's program, which stays as it is. */
export type ProgramText = Safe<"program">;

/** A text that may be written. */
export type Output = Safe<string>;

/** The value of a template: text and numbers are made safe, a list holds what is safe already. */
type Value<Kind extends string> = string | number | readonly Safe<Kind>[];

type Tag<Kind extends string> = (
  literals: TemplateStringsArray,
  ...values: Value<Kind>[]
) => Safe<Kind>;

/**
 * Code points that hide, turn lines around or end them: all that cannot be seen (Unicode's
 * Default_Ignorable_Code_Point, and the marks of annotations), the ends of lines that only some readers
 * know, and halves of surrogate pairs.
 *
 * The selectors that choose between the shapes of one sign (U+FE00-FE0F) pass: "❤️" has one, and they
 * say nothing by themselves.
 */
const hiding = String.raw`[\p{DI}--[\ufe00-\ufe0f]]\ufff9-\ufffb\u2028\u2029\p{Cs}`;

/** The code points that are dangerous in any text: C0, DEL, C1 and what hides. */
const dangerous = new RegExp(`[\\p{Cc}${hiding}]`, "gv");

/** The same but for a tab and the end of a line, in texts that have lines of their own. */
const dangerousInLines = new RegExp(`(?!\\r\\n)[[\\p{Cc}--[\\t\\n]]${hiding}]`, "gv");

/** A code point as JSON, TypeScript and YAML escape it: `\u202e`, above U+FFFF two halves. */
function escape(character: string): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
}

/** The same for Python and shells, which have no surrogate pairs: `\U000e0041`. */
function escapeWhole(character: string): string {
  if (character.length === 1) return escape(character);
  return `\\U${character.codePointAt(0)!.toString(16).padStart(8, "0")}`;
}

const shortEscapes: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** A text on one line, all that is dangerous in it visible. */
function visible(text: string, escaped = escape): string {
  return text.replace(dangerous, (character) => shortEscapes[character] ?? escaped(character));
}

function visibleInLines(text: string, escaped = escape): string {
  return text.replace(dangerousInLines, escaped);
}

/** A tag for templates whose values are made safe by a function. */
function tag<Kind extends string>(safe: (text: string) => string): Tag<Kind> {
  return (literals, ...values) =>
    literals.reduce((text, literal, index) => {
      const value = values[index - 1]!;
      const inserted = typeof value === "object" ? value.join("") : safe(String(value));
      return text + inserted + literal;
    }) as Safe<Kind>;
}

/** Safe texts of one kind put together. */
export function joined<Kind extends string>(
  parts: readonly (Safe<Kind> | "")[],
  separator: "" | " " | "\n",
): Safe<Kind> {
  return parts.join(separator) as Safe<Kind>;
}

/** A safe text without the spaces at its end. */
export function trimmedEnd<Kind extends string>(text: Safe<Kind>): Safe<Kind> {
  return text.trimEnd() as Safe<Kind>;
}

/** A template for the terminal; values stand on one line. */
export const terminal: Tag<"terminal"> = tag(visible);

/** A text on one line of a terminal. Done twice it does nothing more. */
export function printable(text: string): TerminalText {
  return visible(text) as TerminalText;
}

/** A text of several lines for a terminal. */
export function printableLines(text: string): TerminalText {
  return visibleInLines(text) as TerminalText;
}

/** A text in a colour of the basic palette (SGR). */
export function painted(text: TerminalText, colour: number): TerminalText {
  return terminal`\u001b[${colour}m${[text]}\u001b[39m`;
}

/** The output of a program, unchanged byte for byte. */
export function programText(text: string): ProgramText {
  return text as ProgramText;
}

/** The drawing of clack, which moves the cursor itself and was handed safe texts alone. */
export function drawing(text: string): TerminalText {
  return text as TerminalText;
}

/** A sequence that sets a colour (SGR), or a code point that is dangerous in lines. */
const colourOrDangerous = new RegExp(`(\u001b\\[[\\d;:]*m)|${dangerousInLines.source}`, "gv");

/**
 * Lines of a program that stand above a live picture: they keep their colours, move no cursor and turn no
 * line around.
 */
export function stillProgramText(text: string): ProgramText {
  let colour = "";
  const still = text.replace(colourOrDangerous, (control, itsColour: string | undefined) => {
    if (itsColour === undefined) return escape(control);
    return (colour = itsColour);
  });
  const goesOn = colour !== "" && !/\[0*m$/.test(colour);
  // A colour that goes on would colour the picture as well.
  return (goesOn ? still.replace(/(\r?\n)?$/, "\u001b[0m$1") : still) as ProgramText;
}

/** A value as JSON, on a line of its own or over several. Parsed it is equal to what it was made of. */
export function json(value: unknown, space?: number): JsonText {
  return jsonLines(`${JSON.stringify(value, null, space)}\n`);
}

/** Texts that are JSON already, whose strings hold all that is dangerous. */
export function jsonLines(text: string): JsonText {
  // Nearly all is ASCII, where JSON itself has escapes for all but one: a record may be large.
  if (Buffer.byteLength(text) === text.length && !text.includes("\u007f")) return text as JsonText;
  return visibleInLines(text) as JsonText;
}

/** A template for XML; values may stand in elements and in attributes between double quotes. */
export const xml: Tag<"xml"> = tag((text) =>
  markup(text)
    .replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;")
    .replaceAll(dangerous, escape)
    .replaceAll(/[\ufffe\uffff]/g, escape),
);

/**
 * A line of a table of comma-separated values (RFC 4180). Numbers stand as they are, null is an empty cell; text
 * stands between quotes, and what a spreadsheet would take for a formula behind a `'` that keeps it from that.
 */
export function csvLine(cells: readonly (string | number | null)[]): CsvText {
  const written = cells.map((cell) => {
    if (cell === null) return "";
    if (typeof cell === "number") return String(cell);
    const text = visible(cell).replaceAll('"', '""');
    return `"${/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) ? "'" : ""}${text}"`;
  });
  return `${written.join(",")}\r\n` as CsvText;
}

/**
 * A template for HTML; values may stand in elements and in attributes between double quotes.
 *
 * It is not called `html`, since formatters lay out what stands in such a template, scripts and styles as well.
 */
export const htmlText: Tag<"html"> = tag((text) =>
  visibleInLines(markup(text).replaceAll("'", "&#39;")),
);

/** A program as it stands in a script of HTML, which nothing in it can end. */
export function scriptText(code: string): HtmlText {
  // Both stand in strings, patterns and templates alone, where the escapes mean the same.
  const text = code.replaceAll(/<(?=\/script)/gi, "\\x3c").replaceAll("<!--", "\\x3c!--");
  return visibleInLines(text) as HtmlText;
}

/** A style sheet of tandem's own, as it stands in HTML. */
export function styleText(css: string): HtmlText {
  return visibleInLines(css) as HtmlText;
}

/** A value as JSON in a script of HTML that is data and no program. */
export function htmlJson(value: unknown): HtmlText {
  return visibleInLines(JSON.stringify(value).replaceAll("<", "\\u003c")) as HtmlText;
}

/** Bytes in base64. */
export function htmlBytes(bytes: Uint8Array): HtmlText {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") as HtmlText;
}

function markup(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A template for Markdown; values may stand in paragraphs and in the cells of tables. */
export const markdown: Tag<"markdown"> = tag((text) =>
  // A `<` or `&` that begins no element or entity, as in "main<=2s & done", needs no escape.
  visible(
    text.replaceAll(/[\\`*[\]|]|\b_(?!\w)|(?<!\w)_|<(?=[a-z/!?])|&(?=#|\w+;)/gi, "\\$&"),
    // GitHub tells a person or a team whose name stands behind an @; a comment between them keeps it from that.
  ).replaceAll(/(?<!\w)@(?=\w)/g, "@<!-- -->"),
);

/** A text that is Markdown already. */
export function markdownLines(text: string): MarkdownText {
  return visibleInLines(text) as MarkdownText;
}

/** A block of code in Markdown, which no line of what is in it can end. */
export function markdownBlock(language: string, content: Output): MarkdownText {
  const longest = Math.max(3, ...(content.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${content.trimEnd()}\n${fence}\n` as MarkdownText;
}

/**
 * A command of GitHub's workflows, on a line of its own: `::error file=a.yaml,line=3::message`. Its texts
 * are escaped as GitHub's own toolkit does it.
 */
export function workflowCommand(
  command: "error" | "warning" | "notice",
  properties: Record<string, string | number>,
  message: string,
): WorkflowText {
  const data = (text: string): string =>
    visible(text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A"));
  const written = Object.entries(properties).map(
    ([name, value]) =>
      `${name}=${data(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
  );
  return `::${command} ${written.join(",")}::${data(message)}\n` as WorkflowText;
}

/**
 * A program's source. In a string of either language the escape means the code point, so the program
 * does the same. Outside strings such code points stand only in comments, where an escape changes nothing.
 */
export function sourceText(
  language: "typescript" | "python",
  lines: readonly string[],
): SourceText {
  const escaped = language === "python" ? escapeWhole : escape;
  return visibleInLines(`${lines.join("\n")}\n`, escaped) as SourceText;
}

/**
 * A document with all that is dangerous in it escaped. An escape means its code point only between double
 * quotes, so `visibleDocument` (scenario/visible.ts) puts such values there first.
 */
export function documentText(text: string): DocumentText {
  return visibleInLines(text) as DocumentText;
}

/** A text as it may stand in a comment that ends with its line. */
export function inComment(text: string): string {
  return visible(text.replaceAll(/\s+/g, " "));
}

/** A text as one word of a command line, for a shell as of Unix; without quotes where it needs none. */
export function shellWord(text: string): TerminalText {
  if (/^[\w./:=,%+@-]+$/.test(text)) return text as TerminalText;
  return (dollarQuoted(text) ?? singleQuoted(text)) as TerminalText;
}

/** The same, between quotes in any case. */
export function quotedForShell(text: string): TerminalText {
  // Shells expand these between double quotes.
  const quoted = /["$`\\!]/.test(text) ? singleQuoted(text) : `"${text}"`;
  return (dollarQuoted(text) ?? quoted) as TerminalText;
}

/** The words of a command that `shellWord` has written, each as it stands there. */
export function shellWords(command: string): string[] {
  return command.match(/(?:\\.|\$'(?:[^'\\]|\\.)*'|'[^']*'|[^\s'])+/g) ?? [];
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The word in ANSI-C quotes (`$'…'`) of bash and zsh; null where nothing in it must be escaped. */
function dollarQuoted(text: string): string | null {
  const escaped = visible(text.replaceAll(/[\\']/g, "\\$&"), escapeWhole);
  return visible(text) === text ? null : `$'${escaped}'`;
}
