/** The position of something in a document. */

/** Line and column count from 1. */
export interface Position {
  line: number;
  column: number;
}
