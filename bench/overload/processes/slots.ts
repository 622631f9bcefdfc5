import { createServer } from 'node:http';
import { announce } from '../../subjects/announce.ts';

// Eight slots of 40 ms each with a queue. It does not notice disconnected clients and works for them too.
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
