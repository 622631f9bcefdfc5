import { cache } from './cache.js';
import { circuits } from './circuits.js';
import { forgetToken, GatewayProblem, hasToken, keepToken, read } from './gateway.js';
import { history } from './history.js';
import { html, nothing, render } from './lit-html.js';
import { overview } from './overview.js';
import { Snapshots } from './rates.js';
import { requests } from './requests.js';
import { services } from './services.js';
import { counted, timeText } from './words.js';

const EVERY_MS = 2_000;
const VIEWS = { overview, services, circuits, cache, requests, history };

const root = document.getElementById('page');
const snapshots = new Snapshots();

/** What was read for the place of the address, and when; a late response for another place is dropped. */
let loaded = { place: undefined, data: undefined, at: Number.NEGATIVE_INFINITY };
/** Why the last reading failed. */
let problem;
/** Of the view alone: a request that is not among the latest any more. */
let missing;
let needsToken = false;
let tokenProblem = '';
let result = '';
let confirming;
let timer;
/** Of the latest reading; an earlier one that ends later changes nothing. */
let turn = 0;

/** What the views need of the page. */
const page = {
  snapshots,
  redraw: draw,
  /** @param wish `{ title, text, verb, run }`; `run` resolves with what was done, in a sentence. */
  confirm(wish) {
    confirming = wish;
    draw();
    document.getElementById('confirm').showModal();
  },
};

/** `#requests/slow` is the view `requests` and the rest `['slow']`. */
function place() {
  const [name, ...rest] = location.hash.slice(1).split('/').map(decoded);
  return { name: Object.hasOwn(VIEWS, name) ? name : 'overview', rest, hash: location.hash };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function draw() {
  render(needsToken ? tokenView() : pageView(place()), root);
  const { name } = place();
  if (!needsToken && snapshots.latest !== undefined) VIEWS[name].drawn?.(page);
}

function pageView({ name, rest, hash }) {
  const view = VIEWS[name];
  document.title = `${view.title}: Portico`;
  return html`
    <a class="skip" href="#main" @click=${skip}>To the content</a>
    <header>
      <h1>Portico</h1>
      <p class="note" id="state">${stateText(snapshots.latest)}</p>
      ${hasToken() ? html`<button type="button" @click=${signOut}>Forget the token</button>` : nothing}
    </header>
    <nav aria-label="Views">
      <ul>
        ${Object.entries(VIEWS).map(
          ([each, { title }]) =>
            html`<li><a href=${`#${each}`} aria-current=${each === name ? 'page' : 'false'}>${title}</a></li>`,
        )}
      </ul>
    </nav>
    <div role="alert">${problem === undefined ? nothing : html`<p class="problem">${problem}</p>`}</div>
    <p role="status" id="result">${result}</p>
    <main id="main" tabindex="-1">
      <h2 id="title" tabindex="-1">${view.title}</h2>
      ${contentOf(view, rest, hash)}
    </main>
    <footer class="note">
      The sessions of users: <code>portico sessions ls</code>. The API of this port:
      <code>/admin/openapi.json</code>.
    </footer>
    ${confirmView()}
  `;
}

function contentOf(view, rest, hash) {
  if (missing !== undefined && loaded.place === hash) return html`<p class="empty">${missing}</p>`;
  const isReady = snapshots.latest !== undefined && (view.load === undefined || loaded.place === hash);
  return isReady && (view.load === undefined || loaded.data !== undefined)
    ? view.draw(page, loaded.data, rest)
    : html`<p class="empty">${problem === undefined ? 'Loading.' : 'Nothing was read yet.'}</p>`;
}

function stateText(stats) {
  if (stats === undefined) return 'Connecting to the gateway.';
  const { status, generation, workers, at } = stats;
  const words = [status, `generation ${generation}`, counted(workers, 'process', 'processes'), `as of ${timeText(at)}`];
  return words.join(', ');
}

function confirmView() {
  const { title = '', text = '', verb = '' } = confirming ?? {};
  return html`<dialog id="confirm" aria-labelledby="confirm-title" aria-describedby="confirm-text">
    <h2 id="confirm-title">${title}</h2>
    <p id="confirm-text">${text}</p>
    <p class="buttons">
      <button type="button" @click=${closeDialog}>Cancel</button>
      <button type="button" class="strong" @click=${run}>${verb}</button>
    </p>
  </dialog>`;
}

function closeDialog() {
  document.getElementById('confirm').close();
}

async function run() {
  const { run: command } = confirming;
  closeDialog();
  result = 'The gateway is at it.';
  draw();
  try {
    result = await command();
  } catch (error) {
    if (error.status === 401) return refusedToken(error);
    result = `Not done: ${error.message}.`;
  }
  loaded = { ...loaded, at: Number.NEGATIVE_INFINITY };
  await tick();
  // The button of the command may be gone.
  if (document.activeElement === document.body) document.getElementById('title')?.focus();
}

function tokenView() {
  document.title = 'Token: Portico';
  return html`
    <header><h1>Portico</h1></header>
    <main>
      <h2>Token</h2>
      <p class="note">
        This admin port needs the token of the gateway: that of PORTICO_ADMIN_TOKEN or --admin-token-file. The page keeps
        it until this tab is closed.
      </p>
      <form class="fields" @submit=${signIn}>
        <div>
          <label for="token">Token of the gateway</label>
          <input id="token" name="token" type="password" required autocomplete="off" />
        </div>
        <button type="submit">Use the token</button>
      </form>
      <div role="alert">${tokenProblem === '' ? nothing : html`<p class="problem">${tokenProblem}</p>`}</div>
    </main>
  `;
}

function signIn(event) {
  event.preventDefault();
  keepToken(String(new FormData(event.target).get('token')).trim());
  needsToken = false;
  return tick();
}

function signOut() {
  forgetToken();
  location.reload();
}

function refusedToken({ message, isWrongToken }) {
  forgetToken();
  needsToken = true;
  tokenProblem = isWrongToken ? `${message}.` : '';
  draw();
  document.getElementById('token')?.focus();
}

/** Reads what is shown, and again after a while. */
async function tick() {
  clearTimeout(timer);
  const own = ++turn;
  try {
    const stats = await read('stats');
    if (own !== turn) return;
    snapshots.add(stats);
    await load();
    if (own !== turn) return;
    problem = undefined;
  } catch (error) {
    if (own !== turn) return;
    if (error.status === 401) return refusedToken(error);
    if (!(error instanceof GatewayProblem)) throw error;
    problem = `${error.message}. The page tries again every ${EVERY_MS / 1_000} seconds.`;
  }
  draw();
  clearTimeout(timer);
  if (!document.hidden && !needsToken) timer = setTimeout(tick, EVERY_MS);
}

async function load() {
  const { name, rest, hash } = place();
  const { load: loadView, everyMs = EVERY_MS } = VIEWS[name];
  const isRecent = loaded.place === hash && performance.now() - loaded.at < everyMs - EVERY_MS / 2;
  if (loadView === undefined || isRecent) return;
  const at = performance.now();
  const [data, notFound] = await loadView(rest).then(
    value => [value, undefined],
    error => {
      if (error.status === 404) return [undefined, error.message];
      throw error;
    },
  );
  if (location.hash !== hash) return;
  loaded = { place: hash, data, at };
  missing = notFound;
}

function skip(event) {
  event.preventDefault();
  document.getElementById('main').focus();
}

function moved() {
  result = '';
  draw();
  document.getElementById('title')?.focus();
  return tick();
}

addEventListener('hashchange', moved);
document.addEventListener('visibilitychange', () => {
  clearTimeout(timer);
  if (!document.hidden && !needsToken) return tick();
});

root.replaceChildren();
draw();
tick();
