import { html } from './lit-html.js';

/**
 * A table in its own scroll container, which the keyboard reaches, so that the page never scrolls sideways. On a narrow
 * screen each row is a card; the roles say that it is a row all the same.
 * @param columns a name, `number(name)` or `wide(name)`.
 * @param rows lists of cells; the first one names the row.
 */
export function table(label, columns, rows) {
  const all = columns.map(column => (typeof column === 'string' ? { name: column, kind: '' } : column));
  return html`<div class="scroll" role="region" aria-label=${label} tabindex="0">
    <table role="table">
      <thead role="rowgroup">
        <tr role="row">
          ${all.map(({ name, kind }) => html`<th role="columnheader" scope="col" class=${kind}>${name}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          ([first, ...cells]) => html`<tr role="row">
            <th role="rowheader" scope="row">${first}</th>
            ${cells.map((cell, i) => {
              const { name, kind } = all[i + 1];
              return html`<td role="cell" class=${kind} data-column=${typeof name === 'string' ? name : ''}>${cell}</td>`;
            })}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A column of numbers. */
export function number(name) {
  return { name, kind: 'number' };
}

/** A column that has the whole width of a card. */
export function wide(name) {
  return { name, kind: 'wide' };
}

/** The column of buttons. */
export const COMMANDS = { name: 'Command', kind: 'wide commands' };

/** Requests that no route matched have the name `none` in the metrics. */
export function routeName(route) {
  return route === 'none' ? 'no route' : html`<code>${route}</code>`;
}

/** A state in a colour of its kind; the word says it, too. */
export function state(word, kind) {
  return html`<span class="state" data-kind=${kind}>${word}</span>`;
}
