interface Palette {
  readonly wall: string;
  readonly niche: string;
  readonly ledge: string;
  /** The product's own colour: lit, plain, in shadow. */
  readonly lit: string;
  readonly body: string;
  readonly shade: string;
}

export interface Picture {
  readonly palette: Palette;
  /** Half the width of the product's shadow on the ledge. */
  readonly spread: number;
  /** SVG elements on a ground line of y = 330; `url(#body)` is the product's colour as a round surface. */
  readonly drawing: string;
}

/** Every product is in the same arch, lit from the left, so that twelve pictures show one room. */
export function scene({ palette: p, spread, drawing }: Picture): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img">
<defs>
<linearGradient id="wall" x1="0" y1="0" x2="1" y2="1">${stops([p.wall, 1], [p.niche, 0.55])}</linearGradient>
<linearGradient id="niche" x1="0" y1="0" x2="1" y2="0.5">
${stops(['#000', 0.16], ['#000', 0.02], ['#fff', 0.18])}</linearGradient>
<linearGradient id="body">${stops([p.body, 1], [p.lit, 1], [p.body, 1], [p.shade, 1])}</linearGradient>
<radialGradient id="glow">${stops(['#fff2c4', 0.95], ['#ffd98a', 0.35], ['#ffd98a', 0])}</radialGradient>
<radialGradient id="shadow">${stops(['#000', 0.42], ['#000', 0.18], ['#000', 0])}</radialGradient>
<clipPath id="arch"><path d="${ARCH}"/></clipPath>
</defs>
<rect width="400" height="400" fill="${p.wall}"/>
<rect width="400" height="400" fill="url(#wall)"/>
<path d="${ARCH}" fill="${p.niche}"/>
<path d="${ARCH}" fill="url(#niche)"/>
<g clip-path="url(#arch)"><path d="M70 342V176a130 130 0 0 1 60-110v264z" fill="#000" opacity=".07"/></g>
<rect y="326" width="400" height="74" fill="${p.ledge}"/>
<rect y="326" width="400" height="3" fill="#fff" opacity=".35"/>
<rect y="368" width="400" height="32" fill="#000" opacity=".06"/>
<ellipse cx="212" cy="333" rx="${spread * 1.25}" ry="13" fill="url(#shadow)"/>
${drawing}
</svg>`;
}

const ARCH = 'M70 330V176a130 130 0 0 1 260 0V330z';

function stops(...colours: readonly (readonly [string, number])[]): string {
  const step = 1 / (colours.length - 1);
  return colours
    .map(
      ([colour, opacity], n) =>
        `<stop offset="${(n * step).toFixed(2)}" stop-color="${colour}" stop-opacity="${opacity}"/>`,
    )
    .join('');
}
