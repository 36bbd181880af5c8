/** What it takes to observe the programs of a language: a recorder, and how it comes into their processes. */

/** What recorders are told. */
export interface RecorderSettings {
  /** Whether the record holds the texts that the program prints. */
  prints: boolean;
  /** From how long on a held loop is told, in ns. */
  blocksNs: number;
  /** Patterns of the paths whose places count as the program's, between commas; null for the default. */
  include: string | null;
  exclude: string | null;
}

/** The variables by which every recorder is told its settings, and the folders that are not its own. */
export function settingVariables(
  { run, overlay = null }: RecorderFolders,
  { prints, blocksNs, include, exclude }: RecorderSettings,
): Record<string, string> {
  return {
    TANDEM_RECORD: run,
    ...(overlay === null ? {} : { TANDEM_OVERLAY: overlay }),
    TANDEM_BLOCKS: String(blocksNs),
    ...(prints ? {} : { TANDEM_NO_PRINTS: "1" }),
    ...(include === null ? {} : { TANDEM_INCLUDE: include }),
    ...(exclude === null ? {} : { TANDEM_EXCLUDE: exclude }),
  };
}

/** A recorder's files, which are written once for many runs, and not loaded where they are there already. */
export interface RecorderFiles {
  /** A hash of all that is in them. */
  version: string;
  /** The length of each, in bytes, by its name. */
  lengths: Readonly<Record<string, number>>;
  /** Their texts by name. */
  load(): Promise<Readonly<Record<string, string>>>;
}

export interface RecorderFolders {
  /** The folder of the recorder's own files. */
  recorder: string;
  /** The folder that each process makes its file in. */
  run: string;
  /** The folder with texts that are read in place of files (`overlay.ts`); null or left out where there are none. */
  overlay?: string | null;
}

/** A process that no file came from. */
export interface UnseenProcess {
  /** What runs there; null where that cannot be found out. */
  executable: string | null;
  words: readonly string[];
  /** Its environment; null where that cannot be found out. */
  environment: Readonly<Record<string, string>> | null;
}

/** A language whose programs are observed. Nothing else in this folder knows any language. */
export interface ObservedLanguage {
  /** As a trace's source has it. */
  name: string;
  /** What the names of the files that it writes end in. */
  suffix: ".rec" | ".lines";
  /** The files of its recorder, the same for all versions of the language. */
  recorder(): Promise<RecorderFiles>;
  /** The variables that bring the recorder into a process and those below it. */
  variables(
    folders: RecorderFolders,
    settings: RecorderSettings,
    environment: Readonly<Record<string, string | undefined>>,
  ): Record<string, string>;
  /** Whether a process is of this language, so that a file of its recorder is to be expected. */
  isOfIt(process: UnseenProcess): boolean;
  /** Whether a process is a helper of the language's own, which is not told. */
  isHelper(command: string): boolean;
  /** Whether a process only starts programs, as a package manager does, and is none of the user's. */
  isLauncher(command: string): boolean;
  /** Why no file came from a process: the end of a sentence that begins with its name. */
  whyUnseen(process: UnseenProcess): string;
  /** Why no module of the user's was seen in a process whose recorder ran: the end of a sentence as well. */
  whyNoModule(command: string): string;
}
