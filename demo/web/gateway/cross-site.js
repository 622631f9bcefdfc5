import { byId, element } from '../element.js';
import { reportCall } from './call.js';

const PATH = '/api/my/orders';
const TOO_LONG_MS = 10_000;

/** Two names of this computer, which are two sites for a browser. */
const OTHER_NAMES = { localhost: '127.0.0.1', '127.0.0.1': 'localhost' };

/** Lets a page of another site send a form to the shop, and shows what the gateway responded. */
export function startCrossSite() {
  const button = byId('cross-site');
  const other = OTHER_NAMES[location.hostname];
  if (other === undefined) {
    button.disabled = true;
    byId('cross-site-result').textContent = 'This works where the shop runs at localhost, which has a second name.';
    return;
  }
  button.addEventListener('click', () => void send(button, `//${other}:${location.port}/shop/elsewhere.html`));
}

async function send(button, page) {
  const began = performance.now();
  const result = byId('cross-site-result');
  // Not `disabled`, which would take the focus away.
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  result.replaceChildren('A page of another site sends an order …');
  const response = await responseTo(page);
  button.removeAttribute('aria-disabled');
  if (response === undefined) return result.replaceChildren('The page of the other site did not load.');
  const { status, title, detail } = response;
  reportCall({ method: 'POST', path: PATH, status, ms: performance.now() - began, cache: 'none', parts: [] });
  result.replaceChildren(element('b', { 'data-bad': status >= 400 }, `${status} ${title}`), ` ${detail}`);
}

/** A browser shows a page the response to its form and nothing else; the response is of this origin, and readable. */
function responseTo(page) {
  const frame = element('iframe', { class: 'hidden', src: page, title: 'A page of another site', tabindex: '-1' });
  return new Promise(resolve => {
    const end = response => {
      clearTimeout(timer);
      frame.remove();
      resolve(response);
    };
    const timer = setTimeout(end, TOO_LONG_MS);
    // While the page of the other site is in the frame, the document is not readable.
    frame.addEventListener('load', () => frame.contentDocument && end(read(frame)));
    document.body.append(frame);
  });
}

function read({ contentWindow, contentDocument }) {
  const [navigation] = contentWindow.performance.getEntriesByType('navigation');
  const text = selector => contentDocument.querySelector(selector)?.textContent ?? '';
  return { status: navigation.responseStatus, title: text('h1'), detail: text('p') };
}
