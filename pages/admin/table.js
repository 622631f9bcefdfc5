import { html } from './lit-html.js';

/**
 * A table in its own scroll container, which the keyboard reaches, so that the page never scrolls sideways.
 * @param columns `{ name, isNumber }` or a name.
 * @param rows lists of cells; the first one names the row.
 */
export function table(label, columns, rows) {
  const all = columns.map(column => (typeof column === 'string' ? { name: column } : column));
  const kind = i => (all[i]?.isNumber ? 'number' : '');
  return html`<div class="scroll" role="region" aria-label=${label} tabindex="0">
    <table>
      <thead>
        <tr>
          ${all.map(({ name }, i) => html`<th scope="col" class=${kind(i)}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([first, ...cells]) => html`<tr>
            <th scope="row">${first}</th>
            ${cells.map((cell, i) => html`<td class=${kind(i + 1)}>${cell}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function number(name) {
  return { name, isNumber: true };
}

/** Requests that no route matched have the name `none` in the metrics. */
export function routeName(route) {
  return route === 'none' ? 'no route' : html`<code>${route}</code>`;
}

/** A state in a colour of its kind; the word says it, too. */
export function state(word, kind) {
  return html`<span class="state" data-kind=${kind}>${word}</span>`;
}
