const KEY = 'lintel.visitor';

/** One id for the cart, the recommendations and the chat name. Without storage it lasts for one page. */
export const visitor = read() ?? keep(newId());

function read() {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(id) {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // The id still serves this page.
  }
  return id;
}

// Unlike crypto.randomUUID, this is available over plain http from another computer.
function newId() {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  return `g-${number.toString(36)}`;
}
