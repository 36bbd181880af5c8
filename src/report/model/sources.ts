/** The files with the places that are told, and what is told of their lines. */
import type { LineNote, SourceFile } from "./report.ts";

/** A source as it is found now. */
export interface FoundSource {
  text: string;
  /** When it was changed last, in ms since 1970; null where that does not matter. */
  changedAt: number | null;
}

/** Finds the text of a file that places name; null where it is not to be had, or not to be shown. */
export type FindSource = (file: string) => FoundSource | null;

/** Notes of lines, by file. */
export class Notes {
  readonly #files = new Map<string, Map<number, LineNote[]>>();

  /** Has a file shown, whether or not something is told of its lines. */
  show(file: string): void {
    this.#files.getOrInsertComputed(file, () => new Map());
  }

  /** @param place nothing is noted of none. */
  add(place: { file: string; line: number } | undefined, is: LineNote["is"], words: string): void {
    if (place === undefined) return;
    const lines = this.#files.getOrInsertComputed(place.file, () => new Map());
    const notes = lines.getOrInsertComputed(place.line, () => []);
    if (!notes.some((note) => note.is === is && note.words === words)) notes.push({ is, words });
  }

  /**
   * The files in the order in which they were named first, those left out that cannot be shown.
   *
   * @param ranAt when the run began, in ms since 1970; null where nobody knows.
   */
  sources(find: FindSource, ranAt: number | null): SourceFile[] {
    return [...this.#files].flatMap(([file, lines]) => {
      const found = find(file);
      if (found === null) return [];
      const { text, changedAt } = found;
      const isLater = ranAt !== null && changedAt !== null && changedAt > ranAt;
      const doubt = isLater ? "The file was changed after this run began." : null;
      return [{ file, text, doubt, lines }];
    });
  }
}
