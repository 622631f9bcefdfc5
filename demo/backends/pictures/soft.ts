import type { Picture } from './scene.ts';

const LEAF = 'M0 0C-30 -26 -27 -76 0 -104C27 -76 30 -26 0 0z';

function leaf(turn: number, size: number, colour: string): string {
  return `<g transform="translate(200 268) rotate(${turn}) scale(${size})">
<path d="M0 0V-30" stroke="#4c5f35" stroke-width="5"/>
<g transform="translate(0 -22)"><path d="${LEAF}" fill="${colour}"/>
<path d="M0 0V-98" stroke="#fff" stroke-width="2" opacity=".35"/>
<path d="${LEAF}" fill="#000" opacity=".08" clip-path="inset(0 0 0 50%)"/></g></g>`;
}

export const pottedFig: Picture = {
  palette: {
    wall: '#d9c7b2',
    niche: '#f0e5d6',
    ledge: '#a7b09a',
    lit: '#dd8f68',
    body: '#c06a43',
    shade: '#8c4527',
  },
  spread: 70,
  drawing: [
    leaf(-72, 0.82, '#5d8a5a'),
    leaf(70, 0.86, '#4e7c50'),
    leaf(-44, 1.05, '#3f7048'),
    leaf(42, 1.1, '#2f5f3c'),
    leaf(-16, 1.3, '#35683f'),
    leaf(14, 1.22, '#4a8052'),
    leaf(-2, 0.85, '#6f9f68'),
    '<path d="M152 276H248L236 332H164z" fill="url(#body)"/>',
    '<rect x="144" y="258" width="112" height="24" rx="5" fill="url(#body)"/>',
    '<rect x="144" y="278" width="112" height="6" fill="#000" opacity=".14"/>',
    '<path d="M160 290L166 322" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".25"/>',
  ].join('\n'),
};

function fold(top: number, left: number, width: number): string {
  const stripe = (x: number, size: number) =>
    `<rect x="${left + x}" y="${top}" width="${size}" height="34" fill="#a63f38"/>`;
  return `<rect x="${left}" y="${top}" width="${width}" height="34" rx="17" fill="url(#body)"/>
${stripe(width - 58, 14)}${stripe(width - 36, 5)}
<path d="M${left + 12} ${top + 30}H${left + width - 14}" stroke="#000" stroke-width="3" opacity=".12"
stroke-linecap="round"/>
<path d="M${left + 14} ${top + 9}H${left + width - 70}" stroke="#fff" stroke-width="3" opacity=".4"
stroke-linecap="round" stroke-dasharray="2 7"/>`;
}

function fringe(x: number): string {
  return `<path d="M${x} 296C${x - 3} 304 ${x + 3} 310 ${x - 1} 320"
fill="none" stroke="#e9dfcd" stroke-width="3.5" stroke-linecap="round"/>`;
}

export const woolThrow: Picture = {
  palette: {
    wall: '#7f8f9c',
    niche: '#b4c0c8',
    ledge: '#8b6a4f',
    lit: '#fbf5e9',
    body: '#e6dac6',
    shade: '#bda98c',
  },
  spread: 112,
  drawing: [
    fold(298, 106, 192),
    fold(264, 112, 182),
    fold(230, 108, 188),
    fold(196, 116, 172),
    '<path d="M140 196H204V292C196 300 148 300 140 292z" fill="url(#body)"/>',
    '<path d="M140 262H204V272H140zM140 278H204V282H140z" fill="#a63f38"/>',
    '<path d="M140 200V292M204 200V292" stroke="#000" stroke-width="2" opacity=".1"/>',
    ...[145, 154, 163, 172, 181, 190, 199].map(fringe),
  ].join('\n'),
};
