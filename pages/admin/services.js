import { read } from './gateway.js';
import { html } from './lit-html.js';
import { number, state, table } from './table.js';
import { msText, NOTHING, whole } from './words.js';

export const services = {
  title: 'Services',
  load: () => read('services'),
  draw: (_page, { workers }) => html`
    <p class="note">
      Numbers are those of all processes together. Calls are refused in the mode <em>held</em> alone.
    </p>
    ${limits(workers)} ${targets(workers)}
  `,
};

function limits(workers) {
  const all = workers.flatMap(worker => worker.services);
  const groups = [...Map.groupBy(all, ({ service }) => service)].sort(([a], [b]) => a.localeCompare(b));
  if (groups.length === 0) return html`<p class="empty">No service is in use yet.</p>`;
  const columns = ['Service', 'Mode', ...['In flight', 'Limit', 'Waiting', 'Streams', 'Usual time'].map(number)];
  return html`<h3>Limits</h3>
    ${table(
      'Limits',
      columns,
      groups.map(([service, group]) => [
        html`<code>${service}</code>`,
        modes(group),
        whole(sum(group, 'inFlight')),
        group.some(({ limit }) => limit === undefined) ? 'none' : whole(Math.round(sum(group, 'limit'))),
        whole(sum(group, 'waiting')),
        whole(sum(group, 'streams')),
        usual(group),
      ]),
    )}`;
}

const WORSE = ['open', 'trial', 'held'];

function modes(group) {
  const worst = WORSE.findLast(mode => group.some(each => each.mode === mode));
  const count = group.filter(({ mode }) => mode === worst).length;
  return state(worst + ofAll(count, group.length), worst === 'held' ? 'bad' : worst === 'trial' ? 'odd' : 'good');
}

function usual(group) {
  const times = group.flatMap(({ learned }) => (learned === undefined ? [] : [learned.usualMs]));
  return times.length === 0 ? NOTHING : msText(Math.max(...times));
}

const STATES = { healthy: 'healthy', ejected: 'ejected', unhealthy: 'unhealthy', backing_off: 'backing off' };

function targets(workers) {
  const all = workers.flatMap(worker =>
    worker.services.flatMap(({ service, targets: each }) => each.map(target => ({ service, ...target }))),
  );
  const groups = [
    ...Map.groupBy(all, ({ service, origin, group }) => JSON.stringify([service, origin, group])).values(),
  ];
  if (groups.length === 0) return html`<p class="empty">No target is known.</p>`;
  const columns = ['Target', 'Service', 'Group', 'State', ...['In flight', 'Streams', 'Recent peak'].map(number)];
  return html`<h3>Targets</h3>
    ${table(
      'Targets',
      columns,
      groups.map(group => {
        const [{ service, origin, group: kind }] = group;
        const peak = Math.max(...group.map(({ costMs }) => costMs));
        return [
          html`<code>${origin}</code>`,
          service,
          kind,
          condition(group),
          whole(sum(group, 'inFlight')),
          whole(sum(group, 'streams')),
          peak === 0 ? NOTHING : msText(peak),
        ];
      }),
    )}`;
}

/** Why it gets no calls, of as many processes as say so. */
function condition(group) {
  const aside = group.filter(target => target.state !== 'healthy');
  if (aside.length === 0) return state('healthy', 'good');
  return state(STATES[aside[0].state] + ofAll(aside.length, group.length), 'bad');
}

export function ofAll(count, all) {
  return count < all ? ` in ${count} of ${all}` : '';
}

function sum(group, member) {
  return group.reduce((total, each) => total + each[member], 0);
}
