/** The colours of the page's style sheet, as a canvas takes them. */
import { fates, states } from "../words.ts";

const names = [
  ...states,
  "paper",
  "raised",
  "ink",
  "quiet",
  "line",
  "accent",
  "lost",
  "failed",
] as const;
type Name = (typeof names)[number];

export type Colours = Readonly<Record<Name, string>> & {
  /** By state, as the pixels of an image: red, green, blue and alpha in the order of the machine's bytes. */
  pixels: Uint32Array;
  /** By state, as text. */
  states: readonly string[];
};

/** Reads the colours, which follow the system's scheme, and may be names of the system's own. */
export function readColours(): Colours {
  const probe = document.createElement("canvas");
  probe.width = probe.height = 1;
  const context = probe.getContext("2d", { willReadFrequently: true })!;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(names.map((name) => [name, read(name)])) as Record<
    Name,
    string
  >;
  const pixels = new Uint32Array(
    states.map((state) => {
      context.fillStyle = colours[state];
      context.fillRect(0, 0, 1, 1);
      return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0]!;
    }),
  );
  return { ...colours, pixels, states: states.map((state) => colours[state]) };
}

/** Calls when the colours may have changed. */
export function onColoursChange(changed: () => void): void {
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)", "print"])
    matchMedia(query).addEventListener("change", changed);
}

/** The colour of what became of somebody, where it has one. */
export function fateColour(fate: number, colours: Colours): string | null {
  const word = fates[fate];
  return word === "lost" || word === "failed" ? colours[word] : null;
}
