import { byId, element } from '../element.js';
import { problem } from '../problem.js';
import { ask } from './ask.js';

const MODES = ['ok', 'slow', 'failing', 'dead'];

export async function startChaos() {
  const body = byId('chaos-body');
  try {
    const { data } = await ask('GET', '/demo/chaos');
    body.replaceChildren(...data.backends.map(backendRow));
  } catch (refused) {
    body.replaceChildren(problem(refused, startChaos));
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
  const label = `${name}: ${mode}`;
  const press = event => choose(event.currentTarget.closest('.backend'), name, mode);
  const properties = { type: 'button', 'data-mode': mode, 'data-testid': `chaos-${name}-${mode}`, 'aria-label': label };
  return element('button', { ...properties, onclick: press }, mode);
}

async function choose(row, name, mode) {
  row.querySelector('.backend-problem')?.remove();
  try {
    const { data } = await ask('PUT', `/demo/chaos/${encodeURIComponent(name)}`, { mode });
    show(row, data.mode);
  } catch (refused) {
    row.append(element('p', { class: 'backend-problem', role: 'alert' }, refused.message));
  }
}

function show(row, mode) {
  row.dataset.mode = mode;
  for (const button of row.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === mode));
  }
}
