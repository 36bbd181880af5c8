/** What a source map says of the places of a module. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SourceMap } from "../../../src/observe/javascript/loading/source-map.ts";
import { patience } from "../../support/patience.ts";
import { temporaryFolder } from "../../support/tandem.ts";

setDefaultTimeout(patience);

/** The map that a module of this text has in a folder with sources `a.ts` and `b.ts`. */
function mapOf(map: object): { map: SourceMap | null; folder: string } {
  using folder = temporaryFolder();
  for (const file of ["a.ts", "b.ts"]) folder.file(file, "");
  const comment = `//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify(map))}`;
  return { map: SourceMap.of(`${folder.path}/made.js`, `code\n${comment}\n`), folder: folder.path };
}

const of = (mappings: string, sources = ["a.ts", "b.ts"]) => ({ version: 3, sources, mappings });

describe("a source map", () => {
  test("of several sources says of each position which it is in", () => {
    // Column 0 is a.ts:1, column 10 is b.ts:3, the next line is a.ts:2.
    const { map, folder } = mapOf(of("AAAA,UCEE;ADDF"));
    expect(map?.place({ line: 1, column: 1 })).toEqual({
      file: `${folder}/a.ts`,
      line: 1,
      column: 1,
    });
    expect(map?.place({ line: 1, column: 11 })).toEqual({
      file: `${folder}/b.ts`,
      line: 3,
      column: 3,
    });
    expect(map?.place({ line: 2, column: 1 })).toEqual({
      file: `${folder}/a.ts`,
      line: 2,
      column: 1,
    });
  });

  test("says of a whole line where that was made from one line alone", () => {
    const { map, folder } = mapOf(of("AAAA,UCEE;ADDF"));
    expect(map?.placeOfLine(1)).toBeNull();
    expect(map?.placeOfLine(2)).toMatchObject({ file: `${folder}/a.ts`, line: 2 });
  });

  test("says nothing of sources that are not there, and is none where none is", () => {
    const { map } = mapOf(of("AAAA,UCEE", ["a.ts", "gone.ts"]));
    expect(map?.place({ line: 1, column: 1 })).not.toBeNull();
    expect(map?.place({ line: 1, column: 11 })).toBeNull();
    expect(mapOf(of("AAAA", ["gone.ts"])).map).toBeNull();
  });

  test("of sections has the places of each behind where that begins", () => {
    const section = (line: number, column: number, source: string) => ({
      offset: { line, column },
      map: of("AAAA;AACA", [source]),
    });
    const sections = [section(0, 0, "a.ts"), section(1, 20, "b.ts")];
    const { map, folder } = mapOf({ version: 3, sections });
    expect(map?.place({ line: 1, column: 1 })).toMatchObject({ file: `${folder}/a.ts`, line: 1 });
    expect(map?.place({ line: 2, column: 1 })).toMatchObject({ file: `${folder}/a.ts`, line: 2 });
    expect(map?.place({ line: 2, column: 21 })).toMatchObject({ file: `${folder}/b.ts`, line: 1 });
    expect(map?.place({ line: 3, column: 1 })).toMatchObject({ file: `${folder}/b.ts`, line: 2 });
  });
});
