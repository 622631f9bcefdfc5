const KEY = 'lintel.visitor';

/** One id for the cart, the recommendations and the chat name. Private windows may refuse storage: then it lasts a page. */
export const visitor = remembered() ?? remember(newId());

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(id) {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // The id still serves this page.
  }
  return id;
}

// crypto.randomUUID is missing on plain http from another machine; this is not.
function newId() {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  return `g-${number.toString(36)}`;
}
