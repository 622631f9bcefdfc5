import { drawChart } from './chart.js';
import { html, nothing } from './lit-html.js';
import { hitShares, quantile, sumOfBuckets } from './rates.js';
import { number, routeName, table } from './table.js';
import { atMostText, counted, msText, percentText, rateText, whole } from './words.js';

/** A gateway may have ten thousand routes. */
const MAX_ROWS = 100;

let wanted = '';

export const overview = {
  title: 'Overview',
  draw({ snapshots, redraw }) {
    const { latest, span, points } = snapshots;
    const rows = rowsOf(latest, span);
    const found = rows.filter(({ route }) => route.toLowerCase().includes(wanted.trim().toLowerCase()));
    return html`
      ${figures(latest, span)} ${chart(points, latest)}
      <h3 id="routes">Routes</h3>
      <p class="note">${routesNote(latest, span)}</p>
      <form role="search" @submit=${event => event.preventDefault()}>
        <label for="route">Search routes</label>
        <input
          id="route"
          type="search"
          autocomplete="off"
          spellcheck="false"
          .value=${wanted}
          @input=${({ target }) => {
            wanted = target.value;
            redraw();
          }}
        />
      </form>
      ${found.length === 0 ? html`<p class="empty">${latest.routes.length === 0 ? 'No request yet.' : 'No such route.'}</p>` : routesTable(found, latest)}
      ${
        found.length > MAX_ROWS
          ? html`<p class="note">${counted(found.length - MAX_ROWS, 'more route')} with fewer requests: search for them.</p>`
          : nothing
      }
    `;
  },
  drawn({ snapshots }) {
    const element = document.getElementById('chart');
    if (element !== null) drawChart(element, snapshots.points);
  },
};

function rowsOf({ routes, cache }, span) {
  const recent = new Map(span?.routes.map(row => [row.route, row]));
  const hits = hitShares(span?.cache ?? cache);
  const all = hitShares(cache);
  return routes
    .map(({ route, requests, errors }) => ({
      route,
      requests,
      errors,
      rate: span && (recent.get(route)?.requests ?? 0) / span.seconds,
      recentErrors: recent.get(route)?.errors,
      buckets: recent.get(route)?.buckets,
      hits: hits.get(route) ?? all.get(route),
    }))
    .sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || b.requests - a.requests);
}

function routesTable(rows, { endsMs, routes }) {
  const since = new Map(routes.map(({ route, buckets }) => [route, buckets]));
  const most = endsMs.at(-1);
  const columns = [
    'Route',
    ...['Requests/s', '50 % within', '95 %', '99 %', 'From cache', 'Errors', 'Requests'].map(number),
  ];
  return table(
    'Routes',
    columns,
    rows.slice(0, MAX_ROWS).map(({ route, requests, errors, rate, buckets, hits }) => {
      // Without requests in the last minute, those since the start.
      const counts = (buckets?.length ?? 0) > 0 ? buckets : since.get(route);
      return [
        routeName(route),
        rateText(rate),
        ...[0.5, 0.95, 0.99].map(share => atMostText(quantile(counts, endsMs, share), most)),
        percentText(hits),
        errors === 0 ? 'none' : html`<span class="bad">${whole(errors)}</span>`,
        whole(requests),
      ];
    }),
  );
}

function routesNote({ routeCount, routes }, span) {
  const quiet = routeCount - routes.length;
  const without = quiet > 0 ? ` ${counted(quiet, 'route')} had no request yet.` : '';
  const times = span === undefined ? 'since the start' : `of the last ${counted(Math.round(span.seconds), 'second')}`;
  return `Rates and times are those ${times}; where no request came then, times are those since the start. Errors are responses with 5xx, counted since the start like requests.${without}`;
}

function figures({ active, endsMs, eventLoop, loopEndsMs, workers }, span) {
  const requests = span?.routes.reduce((sum, row) => sum + row.requests, 0);
  const errors = span?.routes.reduce((sum, row) => sum + row.errors, 0);
  const summed = sumOfBuckets(span?.routes.map(row => row.buckets) ?? []);
  const late = quantile(span?.eventLoop ?? eventLoop, loopEndsMs, 0.99);
  const rows = [
    ['Requests per second', span === undefined ? 'counting' : rateText(requests / span.seconds)],
    ['95 % within', atMostText(quantile(summed, endsMs, 0.95), endsMs.at(-1))],
    ['Errors', span === undefined ? 'counting' : percentText(requests > 0 ? errors / requests : 0)],
    ['Active requests', whole(active)],
    ['Event loop delay, 99 %', atMostText(late, loopEndsMs.at(-1))],
    ['Processes', whole(workers)],
  ];
  return html`<dl class="figures">${rows.map(([name, text]) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`)}</dl>`;
}

function chart(points, { endsMs }) {
  if (points.length < 2) return html`<p class="empty">The chart begins in a few seconds.</p>`;
  const { rate, p95Ms } = points.at(-1);
  const p95 =
    p95Ms === null ? 'no request' : p95Ms >= endsMs.at(-1) ? `${msText(p95Ms)} or more` : `at most ${msText(p95Ms)}`;
  const label = `Chart of the last minutes. Now ${rateText(rate)} requests per second, 95 % within: ${p95}.`;
  return html`<figure>
    <figcaption>
      <span class="key" data-line="rate">Requests per second, left</span>
      <span class="key" data-line="ms">95 % within, in ms, right</span>
    </figcaption>
    <div id="chart" role="img" aria-label=${label}></div>
  </figure>`;
}
