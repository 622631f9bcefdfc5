import type { Picture } from './scene.ts';

export const emberTeapot: Picture = {
  palette: {
    wall: '#b9c8c2',
    niche: '#dbe4de',
    ledge: '#c2ab8e',
    lit: '#6b8f88',
    body: '#3f605c',
    shade: '#223c3a',
  },
  spread: 92,
  drawing: `<path d="M140 236C134 132 266 132 260 236" fill="none" stroke="#a86f33" stroke-width="10"
stroke-linecap="round"/>
<path d="M140 236C134 132 266 132 260 236" fill="none" stroke="#e6b878" stroke-width="3" stroke-linecap="round"
opacity=".7"/>
<path d="M256 262C290 258 296 232 314 216L327 227C312 246 304 294 256 306z" fill="#2a4644"/>
<path d="M124 276C124 226 160 206 200 206S276 226 276 276C276 308 248 332 200 332S124 308 124 276z" fill="url(#body)"/>
<path d="M126 268C150 280 250 280 274 268M128 288C152 300 248 300 272 288" fill="none" stroke="#fff"
stroke-width="1.5" opacity=".18"/>
<path d="M158 213C164 196 236 196 242 213C230 220 170 220 158 213z" fill="#2a4644"/>
<circle cx="200" cy="190" r="10" fill="#d9a05b"/><circle cx="197" cy="187" r="3" fill="#fff" opacity=".6"/>
<ellipse cx="158" cy="248" rx="9" ry="22" fill="#fff" opacity=".16" transform="rotate(18 158 248)"/>`,
};

export const budVase: Picture = {
  palette: {
    wall: '#d8b9a4',
    niche: '#efd9c8',
    ledge: '#a9876d',
    lit: '#f7f0e6',
    body: '#e2d5c3',
    shade: '#b39f88',
  },
  spread: 56,
  drawing: `<path d="M200 178C198 140 188 116 166 88M199 150C206 124 224 110 238 84
M193 130C186 122 176 120 160 122" fill="none" stroke="#6d4c35" stroke-width="3.5" stroke-linecap="round"/>
<g fill="#b5553c"><circle cx="166" cy="86" r="9"/><circle cx="181" cy="104" r="7"/><circle cx="158" cy="122" r="8"/>
<circle cx="238" cy="82" r="9"/><circle cx="226" cy="102" r="7"/><circle cx="208" cy="120" r="6"/>
<circle cx="152" cy="98" r="5"/></g>
<g fill="#e9927a"><circle cx="163" cy="83" r="4"/><circle cx="155" cy="119" r="3.5"/>
<circle cx="235" cy="79" r="4"/><circle cx="223" cy="99" r="3"/></g>
<path d="M187 170H213C210 206 244 226 244 272C244 312 224 332 200 332S156 312 156 272C156 226 190 206 187 170z"
fill="url(#body)"/>
<ellipse cx="200" cy="170" rx="13" ry="4" fill="#8f7b66"/>
<path d="M157 262C180 284 220 250 244 268C243 306 224 332 200 332S158 306 157 262z" fill="#8a9a8c" opacity=".5"/>
<path d="M172 244C166 258 166 276 170 292" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round"
opacity=".5"/>`,
};

export const morningMug: Picture = {
  palette: {
    wall: '#e3c98f',
    niche: '#f4e6c2',
    ledge: '#b98d57',
    lit: '#fffaf0',
    body: '#ece2d0',
    shade: '#bcae97',
  },
  spread: 72,
  drawing: `<g fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".55">
<path d="M178 196C166 180 190 166 178 146"/><path d="M206 190C194 172 220 158 206 132"/></g>
<path d="M250 246H262A30 30 0 0 1 262 306H246" fill="none" stroke="#d3c6b0" stroke-width="15" stroke-linecap="round"/>
<path d="M250 246H262A30 30 0 0 1 262 306H246" fill="none" stroke="#fff" stroke-width="3" opacity=".5"/>
<path d="M138 222H254V300C254 320 242 332 222 332H170C150 332 138 320 138 300z" fill="url(#body)"/>
<path d="M138 284C176 296 216 276 254 288V300C254 320 242 332 222 332H170C150 332 138 320 138 300z" fill="#b9744a"
opacity=".85"/>
<ellipse cx="196" cy="222" rx="58" ry="11" fill="#cdbfa8"/><ellipse cx="196" cy="224" rx="51" ry="8" fill="#5a3820"/>
<g fill="#8f7a5e" opacity=".75"><circle cx="160" cy="248" r="2"/><circle cx="182" cy="262" r="1.6"/>
<circle cx="211" cy="246" r="2.2"/><circle cx="232" cy="262" r="1.8"/><circle cx="170" cy="274" r="1.4"/>
<circle cx="199" cy="272" r="1.6"/><circle cx="226" cy="240" r="1.3"/><circle cx="191" cy="244" r="1.2"/></g>
<path d="M156 242V276" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".55"/>`,
};

export const kitchenRadio: Picture = {
  palette: {
    wall: '#93a5ae',
    niche: '#c3d0d4',
    ledge: '#d7cdbf',
    lit: '#a86f45',
    body: '#86522f',
    shade: '#5b351d',
  },
  spread: 108,
  drawing: `<path d="M262 226L302 116" stroke="#c9ccc9" stroke-width="4" stroke-linecap="round"/>
<circle cx="302" cy="115" r="5" fill="#eceeec"/>
<rect x="128" y="324" width="18" height="9" rx="3" fill="#3b2414"/>
<rect x="254" y="324" width="18" height="9" rx="3" fill="#3b2414"/>
<rect x="108" y="218" width="184" height="110" rx="20" fill="url(#body)"/>
<path d="M112 246C160 238 240 254 288 244M112 312C170 304 230 320 288 310" fill="none" stroke="#4a2b17"
stroke-width="1.5" opacity=".4"/>
<rect x="120" y="230" width="160" height="86" rx="12" fill="#efe4cf"/>
<circle cx="164" cy="273" r="34" fill="#3a3027"/>
<g fill="none" stroke="#8a7762" stroke-width="2.5"><circle cx="164" cy="273" r="27"/>
<circle cx="164" cy="273" r="19"/><circle cx="164" cy="273" r="11"/></g>
<circle cx="164" cy="273" r="4" fill="#8a7762"/>
<rect x="210" y="242" width="58" height="26" rx="4" fill="#ffe2a0"/>
<path d="M217 262V256M225 262V252M233 262V256M241 262V252M249 262V256M257 262V252" stroke="#8a5a20"
stroke-width="2"/><path d="M237 244V267" stroke="#c8402c" stroke-width="2.5"/>
<circle cx="224" cy="292" r="12" fill="#d8b25c"/><circle cx="256" cy="292" r="12" fill="#d8b25c"/>
<path d="M224 292V283M256 292L263 287" stroke="#6b4d16" stroke-width="3" stroke-linecap="round"/>`,
};

export const beeswaxCandles: Picture = {
  palette: {
    wall: '#4d4458',
    niche: '#6c5f76',
    ledge: '#8d6a50',
    lit: '#f7d894',
    body: '#e3b35c',
    shade: '#b27f35',
  },
  spread: 84,
  drawing: `<circle cx="164" cy="150" r="96" fill="url(#glow)"/><circle cx="240" cy="190" r="84" fill="url(#glow)"/>
<rect x="154" y="176" width="20" height="140" rx="4" fill="url(#body)"/>
<rect x="230" y="216" width="20" height="100" rx="4" fill="url(#body)"/>
<path d="M155 180C158 196 162 196 163 184C165 206 170 204 173 182z
M231 220C235 234 240 232 241 222C243 240 247 238 249 222z" fill="#fbe7b4"/>
<path d="M164 178V168M240 218V208" stroke="#3a2a18" stroke-width="2.5" stroke-linecap="round"/>
<path d="M164 128C178 148 178 170 164 170S150 148 164 128zM240 168C254 188 254 210 240 210S226 188 240 168z"
fill="#ffb347"/>
<path d="M164 144C171 154 171 168 164 168S157 154 164 144zM240 184C247 194 247 208 240 208S233 194 240 184z"
fill="#fff6d8"/>
<path d="M144 300H184L178 318H150zM220 300H260L254 318H226z" fill="url(#body)"/>
<path d="M144 300H184L178 318H150zM220 300H260L254 318H226z" fill="#a87730" opacity=".55"/>
<ellipse cx="164" cy="324" rx="40" ry="8" fill="#c4923f"/><ellipse cx="240" cy="324" rx="40" ry="8" fill="#c4923f"/>
<ellipse cx="164" cy="321" rx="36" ry="5" fill="#e6bd6d"/><ellipse cx="240" cy="321" rx="36" ry="5" fill="#e6bd6d"/>`,
};
