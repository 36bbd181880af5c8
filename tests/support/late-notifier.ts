/**
 * A Worker that plays a thread kept from its core between writing a stage and notifying of it: it
 * notifies later, several times, of what has long been read. Only then it goes to the next stage.
 */
import { Board, type BoardSize } from "../../src/drivers/real/board.ts";

/** What it is told. */
export interface LateNotifying {
  size: BoardSize;
  memory: SharedArrayBuffer;
  stage: number;
}

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<LateNotifying>) => {
  const { size, memory, stage } = data;
  const board = new Board(size, memory);
  for (let late = 0; late < 5; late++) {
    Bun.sleepSync(20);
    board.reach(1, stage);
  }
  board.origin[0] = 1;
  board.reach(1, stage + 1);
};
