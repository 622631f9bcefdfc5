import { byId, element } from '../element.js';
import { problem } from '../problem.js';
import { callGateway } from './call.js';

const MODES = ['ok', 'slow', 'failing', 'dead'];

export function startChaos() {
  byId('chaos-reset').addEventListener('click', () => void load('DELETE /demo/chaos'));
  return load('GET /demo/chaos');
}

/**
 * Shows the mode of every backend; `DELETE` resets all of them to ok first.
 *
 * @param {'GET /demo/chaos' | 'DELETE /demo/chaos'} key
 */
async function load(key) {
  const body = byId('chaos-body');
  try {
    const { data } = await callGateway(key);
    body.replaceChildren(...data.backends.map(backendRow));
  } catch (failure) {
    body.querySelector(':scope > .problem')?.remove();
    body.prepend(problem(failure, () => load(key)));
  }
}

function backendRow({ name, mode }) {
  const row = element(
    'fieldset',
    { class: 'backend', 'data-backend': name, 'data-mode': mode },
    element('legend', { class: 'backend-name' }, name),
    element(
      'div',
      { class: 'modes' },
      MODES.map(choice => modeButton(name, choice)),
    ),
  );
  show(row, mode);
  return row;
}

function modeButton(name, mode) {
  const press = event => choose(event.currentTarget.closest('.backend'), name, mode);
  const properties = {
    type: 'button',
    'data-mode': mode,
    'data-testid': `chaos-${name}-${mode}`,
    // The visible word comes first, for users of voice control.
    'aria-label': `${mode}: ${name}`,
  };
  return element('button', { ...properties, onclick: press }, mode);
}

async function choose(row, name, mode) {
  row.querySelector('.backend-problem')?.remove();
  try {
    const { data } = await callGateway('PUT /demo/chaos/[name]', { params: { name }, body: { mode } });
    show(row, data.mode);
  } catch (failure) {
    row.append(element('p', { class: 'backend-problem', role: 'alert' }, failure.message));
  }
}

function show(row, mode) {
  row.dataset.mode = mode;
  for (const button of row.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
  }
}
