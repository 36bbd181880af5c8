/** Loading a scenario from its source. Those of the catalogue may have been prepared by the build. */
import { catalogue } from "./catalogue.ts";
import type { Scenario } from "./model.ts";
import { prepared } from "./prepared.ts";
import type { Source } from "./source.ts";

/**
 * The scenario of a document.
 *
 * @throws DocumentError with every problem found.
 */
export async function loadScenario({
  text,
  file,
}: Pick<Source, "text" | "file">): Promise<Scenario> {
  const ready = catalogue.some((entry) => entry.file === file && entry.text === text)
    ? prepared[file]
    : undefined;
  if (ready !== undefined) return JSON.parse(ready) as Scenario;
  const { parseScenario } = await import("./parse.ts");
  return parseScenario(text, file);
}
