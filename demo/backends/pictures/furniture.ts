import type { Picture } from './scene.ts';

export const duskLamp: Picture = {
  palette: {
    wall: '#3f5266',
    niche: '#5d7488',
    ledge: '#a5805d',
    lit: '#fff1cf',
    body: '#f3d9a2',
    shade: '#d9ae68',
  },
  spread: 66,
  drawing: `<circle cx="200" cy="190" r="150" fill="url(#glow)" opacity=".8"/>
<path d="M192 208H208L212 318H188z" fill="#7d5130"/><path d="M196 208H200L199 318H192z" fill="#b98655" opacity=".7"/>
<ellipse cx="200" cy="266" rx="15" ry="13" fill="#8d5f37"/>
<ellipse cx="196" cy="262" rx="5" ry="6" fill="#c4925f" opacity=".7"/>
<path d="M158 322C158 310 242 310 242 322V330H158z" fill="#6d4527"/>
<path d="M158 322C158 310 242 310 242 322" fill="none" stroke="#b98655" stroke-width="2"/>
<path d="M166 112H234L270 216C240 226 160 226 130 216z" fill="url(#body)"/>
<path d="M130 216C160 226 240 226 270 216" fill="none" stroke="#b98a45" stroke-width="3"/>
<path d="M166 112H234" stroke="#b98a45" stroke-width="3"/>
<path d="M182 113L164 220M200 113V223M218 113L236 220" stroke="#c99d57" stroke-width="1" opacity=".5"/>`,
};

export const milkingStool: Picture = {
  palette: {
    wall: '#c4a58f',
    niche: '#e2cdbb',
    ledge: '#8f9a8a',
    lit: '#eac590',
    body: '#cf9f62',
    shade: '#99683a',
  },
  spread: 92,
  drawing: `<path d="M194 226H208L206 322H196z" fill="#8a5f37"/>
<path d="M146 224H162L140 332H126z" fill="#b98550"/><path d="M238 224H254L274 332H260z" fill="#a3713f"/>
<path d="M143 284L258 284" stroke="#9c6b3b" stroke-width="8"/>
<path d="M143 282H256" stroke="#d9aa70" stroke-width="2" opacity=".7"/>
<path d="M112 210C112 202 288 202 288 210V222C288 240 112 240 112 222z" fill="url(#body)"/>
<ellipse cx="200" cy="209" rx="88" ry="13" fill="#e6bd86"/>
<path d="M138 208C160 200 236 200 262 209M156 213C180 206 220 207 240 213M176 204C196 201 206 201 224 204"
fill="none" stroke="#b98550" stroke-width="1.5" opacity=".7"/>
<g fill="#8a5f37"><ellipse cx="154" cy="209" rx="5" ry="2.4"/><ellipse cx="246" cy="209" rx="5" ry="2.4"/>
<ellipse cx="200" cy="203" rx="4" ry="1.8"/></g>`,
};

export const mantelClock: Picture = {
  palette: {
    wall: '#8fa08a',
    niche: '#bccab4',
    ledge: '#e0d3bd',
    lit: '#f5eee0',
    body: '#ded0b6',
    shade: '#ab9877',
  },
  spread: 92,
  drawing: `<rect x="116" y="314" width="168" height="17" rx="4" fill="#9c8763"/>
<rect x="116" y="314" width="168" height="4" rx="2" fill="#cdbb98"/>
<path d="M126 316V214A74 74 0 0 1 274 214V316z" fill="url(#body)"/>
<path d="M138 316V214A62 62 0 0 1 262 214V316" fill="none" stroke="#a08a63" stroke-width="2" opacity=".6"/>
<circle cx="200" cy="222" r="54" fill="#b0773c"/><circle cx="200" cy="222" r="49" fill="#fffaf0"/>
<path d="M200 178V187M200 257V266M156 222H165M235 222H244M178 184L182 191M222 184L218 191M178 260L182 253
M222 260L218 253M162 200L169 204M238 200L231 204M162 244L169 240M238 244L231 240" stroke="#4b3b26" stroke-width="3"
stroke-linecap="round"/>
<path d="M200 222L182 200" stroke="#2f2417" stroke-width="5" stroke-linecap="round"/>
<path d="M200 222L226 199" stroke="#2f2417" stroke-width="3.5" stroke-linecap="round"/>
<circle cx="200" cy="222" r="5" fill="#b0773c"/>
<path d="M186 306A14 14 0 0 1 214 306z" fill="#8d7850"/>`,
};

export const archMirror: Picture = {
  palette: {
    wall: '#a7798a',
    niche: '#caa3ae',
    ledge: '#7a5a4d',
    lit: '#f6e3b1',
    body: '#d4aa55',
    shade: '#946b27',
  },
  spread: 96,
  drawing: `<path d="M124 332V190A76 76 0 0 1 276 190V332z" fill="url(#body)"/>
<path d="M136 322V191A64 64 0 0 1 264 191V322z" fill="#c9dbe0"/>
<path d="M136 322V191A64 64 0 0 1 170 135L136 240zM188 128L226 132L136 322H136V300z
M246 147L262 175V206L204 322H166z" fill="#fff" opacity=".34"/>
<path d="M136 286C170 270 228 294 264 276V322H136z" fill="#8fa8ab" opacity=".5"/>
<path d="M136 322V191A64 64 0 0 1 264 191V322" fill="none" stroke="#7d5a1e" stroke-width="1.5" opacity=".6"/>
<path d="M252 306H324C324 324 308 333 288 333S252 324 252 306z" fill="#f1e6da"/>
<ellipse cx="288" cy="306" rx="36" ry="6" fill="#c9b8a6"/>
<circle cx="279" cy="299" r="10" fill="#d88c3c"/><circle cx="298" cy="300" r="9" fill="#c8742e"/>`,
};

export const stoneBookends: Picture = {
  palette: {
    wall: '#bcae9b',
    niche: '#ded3c3',
    ledge: '#6f5b4b',
    lit: '#f1e3cf',
    body: '#dac5a6',
    shade: '#ae9470',
  },
  spread: 122,
  drawing: `<g><rect x="152" y="196" width="24" height="134" rx="2" fill="#2f5d62"/>
<rect x="176" y="182" width="18" height="148" rx="2" fill="#c8643f"/>
<rect x="194" y="206" width="28" height="124" rx="2" fill="#e2b65a"/>
<rect x="222" y="190" width="16" height="140" rx="2" fill="#7c4456"/>
<rect x="238" y="214" width="14" height="116" rx="2" fill="#46566b"/></g>
<g fill="#fff" opacity=".55"><rect x="157" y="214" width="14" height="3"/>
<rect x="157" y="221" width="14" height="2"/><rect x="180" y="204" width="10" height="24"/>
<rect x="200" y="222" width="16" height="3"/><rect x="200" y="308" width="16" height="3"/>
<rect x="226" y="206" width="8" height="18"/><rect x="241" y="230" width="8" height="3"/></g>
<path d="M152 332H84V326A68 76 0 0 1 152 250z" fill="url(#body)"/>
<path d="M252 332H320V326A68 76 0 0 0 252 250z" fill="url(#body)"/>
<path d="M100 314C116 308 134 318 150 310M112 296C126 290 138 298 150 292M128 276C136 272 144 278 150 274
M254 276C262 280 266 272 276 280M254 296C268 290 280 302 292 296M254 314C274 308 290 320 306 312" fill="none"
stroke="#a88a62" stroke-width="2" opacity=".6"/>
<g fill="#94784f" opacity=".5"><ellipse cx="130" cy="304" rx="5" ry="2"/>
<ellipse cx="112" cy="322" rx="4" ry="1.6"/><ellipse cx="276" cy="306" rx="5" ry="2"/>
<ellipse cx="264" cy="286" rx="3" ry="1.4"/><ellipse cx="298" cy="322" rx="4" ry="1.6"/></g>`,
};
