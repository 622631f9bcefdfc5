import { html, nothing, svg } from './lit-html.js';
import { number, state, table, wide } from './table.js';
import { dayText, msText } from './words.js';

export function statusText(status) {
  return status >= 500 ? state(String(status), 'bad') : String(status);
}

export function findingText({ part, text }) {
  return part === undefined ? text : `part ${part}: ${text}`;
}

/** One request: the reasons first, then what happened on a time axis. */
export function requestView(request) {
  const { method, path, status, findings } = request;
  return html`<article>
    <h3><code>${method} ${path}</code> <span class="note">status</span> ${statusText(status)}</h3>
    <h4>Why</h4>
    ${
      findings.length === 0
        ? html`<p>Nothing was slow, missed or failed.</p>`
        : html`<ol class="findings">
            ${findings.map(finding => html`<li>${findingText(finding)} ${optionView(finding.option)}</li>`)}
          </ol>`
    }
    ${facts(request)}
    <h4>Waterfall</h4>
    <p class="note">A line in a bar is the moment of the response headers.</p>
    ${waterfall(request)}
  </article>`;
}

function optionView(option) {
  if (option === undefined) return nothing;
  const { name, file, line } = option;
  if (file === undefined) return html`<span class="place"><code>${name}</code> has its default</span>`;
  return html`<span class="place"><code>${name}</code> at <code>${file}:${line}</code></span>`;
}

function facts({ at, requestId, traceId, route, file, durationMs, waitingMs, usualMs, failure, fallbacks, site }) {
  const usual = usualMs === undefined ? '' : `; 95 % of its route take at most ${msText(usualMs)}`;
  const rows = [
    [
      'Route',
      route === undefined ? 'none matched' : html`<code>${route}</code> in <code>${file ?? 'the gateway'}</code>`,
    ],
    ['Arrived', dayText(at)],
    [
      'Took',
      `${msText(durationMs)}: ${msText(waitingMs)} waiting, ${msText(Math.max(0, durationMs - waitingMs))} own${usual}`,
    ],
    ['Failure', failure && html`<code>${failure.code}</code> ${failure.message}`],
    [
      'Stands in',
      fallbacks.length > 0 && fallbacks.map(({ part = 'the response', reason }) => `${part}: ${reason}`).join(', '),
    ],
    ['Cache', site.cache],
    ['Circuit', site.breaker],
    ['Limit', site.limit === 'queued' ? `waited ${msText(site.queuedMs)}` : site.limit],
    ['Request id', html`<code>${requestId}</code>`],
    ['Trace id', traceId && html`<code>${traceId}</code>`],
  ];
  return html`<dl class="facts">
    ${rows.filter(([, text]) => text).map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}
  </dl>`;
}

function waterfall(request) {
  const rows = rowsOf(request);
  const end = Math.max(request.durationMs, ...rows.map(({ startMs, endMs }) => endMs ?? startMs), 1);
  const axis = html`<span class="axis"><span>0 ms</span><span>${msText(end / 2)}</span><span>${msText(end)}</span></span>`;
  const columns = ['What', { name: axis, kind: 'bars' }, number('From'), number('Took'), wide('Result')];
  return table(
    'Waterfall',
    columns,
    rows.map(({ name, depth, kind, startMs, endMs, headersMs, result }) => [
      html`<span class="step" data-depth=${depth}>${name}</span>`,
      bar({ kind, startMs, endMs: endMs ?? end, headersMs }, end),
      msText(startMs),
      endMs === undefined ? 'open' : msText(endMs - startMs),
      result,
    ]),
  );
}

function rowsOf({ durationMs, status, site, parts }) {
  return [
    { name: 'Request', depth: 0, kind: 'request', startMs: 0, endMs: durationMs, result: `status ${status}` },
    ...site.attempts.map(attempt => attemptRow(attempt, 1)),
    ...parts.flatMap(part => [partRow(part), ...part.attempts.map(attempt => attemptRow(attempt, 2))]),
  ];
}

function partRow({ name, startMs, durationMs, failure, isAbsent, fallback, cache, queuedMs }) {
  const result = [
    isAbsent ? `missing: ${failure}` : failure !== undefined && `failed: ${failure}`,
    fallback !== undefined && `fallback for ${fallback}`,
    cache !== undefined && `cache: ${cache}`,
    queuedMs > 0 && `waited ${msText(queuedMs)} for its turn`,
  ];
  const endMs = durationMs === undefined ? undefined : startMs + durationMs;
  return { name: html`part <code>${name}</code>`, depth: 1, kind: 'part', startMs, endMs, result: joined(result) };
}

function attemptRow({ service, target, startMs, headersMs, durationMs, status, outcome, retryOf }, depth) {
  const result = [
    status === undefined ? (outcome ?? 'open') : `status ${status}${outcome === 'truncated' ? ', truncated' : ''}`,
    headersMs !== undefined && `headers after ${msText(headersMs)}`,
    retryOf !== undefined && `retry of ${retryOf}`,
    target,
  ];
  const isBad = status === undefined ? outcome !== undefined : status >= 500;
  return {
    name: html`call of <code>${service}</code>`,
    depth,
    kind: isBad ? 'bad' : 'attempt',
    startMs,
    endMs: durationMs === undefined ? undefined : startMs + durationMs,
    headersMs,
    result: joined(result),
  };
}

function joined(texts) {
  return texts.filter(text => text).join(', ');
}

/** Attributes, not styles, because the policy of the page allows no inline styles. */
function bar({ kind, startMs, endMs, headersMs }, end) {
  const at = ms => `${(ms / end) * 100}%`;
  return html`<svg class="bar" aria-hidden="true">
    ${svg`<rect class=${kind} x=${at(startMs)} y="2" width=${at(Math.max(endMs - startMs, end / 200))} height="12" rx="2" />`}
    ${
      headersMs === undefined
        ? nothing
        : svg`<rect class="headers" x=${at(startMs + headersMs)} y="0" width="2" height="16" />`
    }
  </svg>`;
}
