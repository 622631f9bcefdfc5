import { createServer } from 'node:http';
import { announce } from '../../subjects/announce.ts';

// Eight places of 40 ms each, and a line before them. It does not hear of clients that leave: they are worked for like
// the others.
const PLACES = 8;
const WORK_MS = 40;

const line: (() => void)[] = [];
let busy = 0;

function work(done: () => void): void {
  busy++;
  setTimeout(() => {
    busy--;
    done();
    const next = line.shift();
    if (next !== undefined) work(next);
  }, WORK_MS);
}

announce(
  createServer((_req, res) => {
    const done = () => res.end('done');
    if (busy < PLACES) work(done);
    else line.push(done);
  }),
);
