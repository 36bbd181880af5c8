/** The line by which editors find the schema of a document: that of the YAML language server. */

/** Where the schema is looked for: beside the document, as `tandem schema > scenario.schema.json` puts it there. */
const schemaFile = "./scenario.schema.json";

/** A document of YAML with that line at its end, so that what stands in it keeps the lines it is told of at. */
export function withSchemaLine(text: string): string {
  return `${text}\n# yaml-language-server: $schema=${schemaFile}\n`;
}
