/** A backend with that many slots: further requests wait for one, and disconnected clients are not noticed. */
export function slots(count: number, ms: () => number): (done: () => void) => void {
  const waiting: (() => void)[] = [];
  let busy = 0;
  const serve = (done: () => void): void => {
    busy++;
    setTimeout(() => {
      busy--;
      done();
      const next = waiting.shift();
      if (next !== undefined) serve(next);
    }, ms());
  };
  return done => {
    if (busy < count) serve(done);
    else waiting.push(done);
  };
}
