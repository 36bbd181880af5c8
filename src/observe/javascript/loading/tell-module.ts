/** Telling the recorder of a module. */
import type { Site } from "../inserted.ts";
import type { Recorder } from "./recorder.ts";
import type { SourceMap } from "./source-map.ts";

export interface ToldModule {
  file: string;
  sites: readonly Site[];
  first: number;
  /** The map to what it was made from; null where it is its own source. */
  map: SourceMap | null;
}

export function tellModule(recorder: Recorder, { file, sites, first, map }: ToldModule): void {
  if (map !== null) recorder.addSource(file, map);
  recorder.addSites(file, map?.sites(sites) ?? sites, first);
}
