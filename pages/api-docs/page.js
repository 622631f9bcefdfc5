import { html, nothing, render } from './lit-html.js';
import { operationsOf, operationView } from './operation.js';

const root = document.getElementById('page');

/** The places that the reader has opened. Only these are drawn, so a document of any size and depth can be shown. */
const open = new Set();

let loaded;
let wanted = '';

/** What the views need: the document, and a way to fold what is long. */
const view = {
  get document() {
    return loaded;
  },
  fold(place, kind, title, content) {
    const toggled = event => {
      if (event.target !== event.currentTarget || event.target.open === open.has(place)) return;
      if (event.target.open) open.add(place);
      else open.delete(place);
      draw();
    };
    return html`<details ?open=${open.has(place)} @toggle=${toggled}>
      <summary class=${kind}>${title}</summary>
      ${open.has(place) ? html`<div class="inside">${content()}</div>` : nothing}
    </details>`;
  },
};

function draw() {
  const words = wanted.trim().toLowerCase().split(/\s+/);
  const fits = ({ id, method, path, operation }) => {
    const text = `${method} ${path} ${id} ${operation.summary ?? ''}`.toLowerCase();
    return words.every(word => text.includes(word));
  };
  const paths = operationsOf(loaded)
    .map(({ path, operations }) => ({ path, operations: operations.filter(fits) }))
    .filter(({ operations }) => operations.length > 0);
  const count = paths.reduce((sum, { operations }) => sum + operations.length, 0);
  render(pageView(paths, count), root);
}

function pageView(paths, count) {
  const { title, version } = loaded.info;
  return html`
    <header>
      <h1>${title} <span class="version">${version}</span></h1>
      <p class="note">OpenAPI ${loaded.openapi}: <a href=${documentUrl()}>openapi.json</a></p>
      <form role="search" @submit=${event => event.preventDefault()}>
        <label for="search">Search paths and methods</label>
        <input id="search" type="search" autocomplete="off" spellcheck="false" .value=${wanted} @input=${searched} />
      </form>
      <p class="note" role="status">${count === 1 ? '1 operation' : `${count} operations`}</p>
    </header>
    <main>${paths.map(pathView)}</main>
  `;
}

function searched({ target }) {
  wanted = target.value;
  draw();
}

function pathView({ path, operations }) {
  return html`<section class="path">
    <h2>${broken(path)}</h2>
    ${operations.map(each => {
      const title = html`<span class="method" data-method=${each.method}>${each.method}</span> <span>${each.id}</span>`;
      const content = () => operationView(view, each);
      return html`<article id=${each.id}>${view.fold(each.id, 'operation', title, content)}</article>`;
    })}
  </section>`;
}

/** A long path may break behind its slashes. */
function broken(path) {
  return path.split(/(?<=\/)/).map(segment => html`${segment}<wbr />`);
}

function documentUrl() {
  return new URL('openapi.json', import.meta.url).href;
}

/** An operation that the address names is opened: `#getProductsById`. */
function goToNamed() {
  const id = decoded(location.hash.slice(1));
  if (id === '') return;
  wanted = '';
  open.add(id);
  draw();
  document.getElementById(id)?.scrollIntoView();
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function load() {
  const response = await fetch(documentUrl(), { headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`the gateway responded with ${response.status}`);
  loaded = await response.json();
  root.replaceChildren();
  document.title = `${loaded.info.title}: API`;
  draw();
  goToNamed();
  addEventListener('hashchange', goToNamed);
}

load().catch(error => {
  root.replaceChildren();
  render(html`<p class="note" role="alert">The document cannot be shown: ${error.message}</p>`, root);
});
