import { expect, it } from 'vitest';
import { LineBuffer } from '../../src/telemetry/line-buffer.ts';
import { LogOutput } from '../../src/telemetry/log-output.ts';

/** Keeps what is written. */
class KeptOutput extends LogOutput {
  readonly writes: [text: string, lines: number][] = [];

  override write(text: string, lines = 1): void {
    this.writes.push([text, lines]);
  }
}

const turn = () => new Promise(setImmediate);

it('the lines of one turn are one write', async () => {
  const output = new KeptOutput();
  const buffer = new LineBuffer(output);
  buffer.write('a\n');
  await Promise.resolve();
  buffer.write('b\n');
  expect(output.writes).toEqual([]);
  await turn();
  buffer.write('c\n');
  await turn();
  await turn();
  expect(output.writes).toEqual([
    ['a\nb\n', 2],
    ['c\n', 1],
  ]);
});

it('a turn with many lines is written in parts, and none is lost', async () => {
  const output = new KeptOutput();
  const buffer = new LineBuffer(output);
  const line = `${'x'.repeat(999)}\n`;
  for (let i = 0; i < 200; i++) buffer.write(line);
  await turn();
  expect(output.writes.length).toBeGreaterThan(1);
  expect(output.writes.map(([text]) => text).join('')).toBe(line.repeat(200));
  expect(output.writes.reduce((sum, [, lines]) => sum + lines, 0)).toBe(200);
});
