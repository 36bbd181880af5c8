/** The scenarios that come with tandem, inside the executable. */
import awaited from "./catalogue/awaited.yaml" with { type: "text" };
import exitEarly from "./catalogue/exit-early.yaml" with { type: "text" };
import floating from "./catalogue/floating.yaml" with { type: "text" };
import lost from "./catalogue/lost.yaml" with { type: "text" };
import threaded from "./catalogue/threaded.yaml" with { type: "text" };

export interface CatalogueEntry {
  name: string;
  file: string;
  text: string;
}

/** In the order in which a newcomer should meet them. */
export const catalogue: readonly CatalogueEntry[] = Object.entries({
  lost,
  awaited,
  threaded,
  floating,
  "exit-early": exitEarly,
}).map(([name, text]) => ({ name, file: `${name}.yaml`, text: String(text) }));
