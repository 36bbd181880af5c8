/** The path of the recorder's file that is running (`bundle.ts`). */
declare const recorderFile: string;
