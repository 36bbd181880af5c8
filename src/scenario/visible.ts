/**
 * A document as it may be shown: nothing in it steers a terminal or hides, and it means the same.
 *
 * The values that hold such code points are written anew between double quotes, where YAML and JSON have
 * escapes for them; elsewhere (in comments) they become visible text.
 */
import { documentText, type DocumentText } from "../base/texts.ts";

/** @param text a document in YAML or JSON, with or without mistakes. */
export async function visibleDocument(text: string): Promise<DocumentText> {
  const plain = documentText(text);
  if (plain === text) return plain;
  return documentText(await requoted(text));
}

async function requoted(text: string): Promise<string> {
  // The package takes time to load, and hardly any document needs it.
  const { parseDocument, visit } = await import("yaml");
  const document = parseDocument(text, { keepSourceTokens: true, uniqueKeys: false });
  if (document.errors.length > 0) return text;
  const changes: { from: number; to: number; written: string }[] = [];
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== "string" || node.range == null) return;
      const from = node.srcToken?.offset ?? node.range[0];
      const to = node.range[1];
      const source = text.slice(from, to);
      if (documentText(source) === source) return;
      // The source of a block scalar includes its last line's end, which has to stay.
      const end = source.endsWith("\n") ? "\n" : "";
      changes.push({ from, to, written: JSON.stringify(node.value) + end });
    },
  });
  let result = "";
  let end = 0;
  for (const { from, to, written } of changes.toSorted((a, b) => a.from - b.from)) {
    result += text.slice(end, from) + written;
    end = to;
  }
  return result + text.slice(end);
}
