export interface Line {
  readonly name: string;
  /** Good responses by second. */
  readonly good: readonly number[];
}

const WIDTH = 720;
const HEIGHT = 300;
const MARGIN = 48;
const COLORS = ['#1a7f5a', '#2b6cc0', '#c0392b'];

/** Good responses per second, a line for each service; the spike is the grey area. */
export function picture(lines: readonly Line[], spike: { readonly from: number; readonly to: number }): string {
  const seconds = Math.max(...lines.map(({ good }) => good.length));
  const max = Math.max(...lines.flatMap(({ good }) => good)) * 1.1;
  const x = (second: number): number => MARGIN + (second / seconds) * (WIDTH - 2 * MARGIN);
  const y = (value: number): number => HEIGHT - MARGIN - (value / max) * (HEIGHT - 2 * MARGIN);
  const steps = [0, 50, 100, 150, 200].filter(step => step <= max);
  const parts = [
    '<title>Good responses per second before, during and after a spike of ten times the load</title>',
    `<rect x="${x(spike.from)}" y="${MARGIN}" width="${x(spike.to) - x(spike.from)}" height="${HEIGHT - 2 * MARGIN}"
      fill="#eee"/>`,
    ...steps.map(step => `<text x="${MARGIN - 8}" y="${y(step) + 4}" text-anchor="end">${step}</text>`),
    ...steps.map(step => `<path d="M${MARGIN} ${y(step)}H${WIDTH - MARGIN}" stroke="#ddd"/>`),
    ...lines.map(({ good }, i) =>
      curve(
        good.map((value, second) => [x(second + 0.5), y(value)]),
        COLORS[i] ?? '#333',
      ),
    ),
    ...lines.map(
      ({ name }, i) =>
        `<text x="${WIDTH - MARGIN}" y="${MARGIN - 32 + 14 * i}" text-anchor="end" fill="${COLORS[i]}">${name}</text>`,
    ),
    `<text x="${MARGIN}" y="${MARGIN - 16}">good responses per second, by the second of the request</text>`,
    `<text x="${x((spike.from + spike.to) / 2)}" y="${HEIGHT - 16}" text-anchor="middle">ten times the load</text>`,
  ];
  const size = `viewBox="0 0 ${WIDTH} ${HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
${parts.join('\n')}
</svg>
`;
}

function curve(points: readonly (readonly [number, number])[], color: string): string {
  const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return `<path d="${path}" fill="none" stroke="${color}" stroke-width="2"/>`;
}
