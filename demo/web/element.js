/** Text always becomes a text node, so data from a backend is never parsed as HTML. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(made, name, value);
  made.append(...children.flat().filter(child => child !== undefined && child !== null && child !== false));
  return made;
}

function set(made, name, value) {
  if (value === undefined || value === false) return;
  if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
  else made.setAttribute(name, value === true ? '' : value);
}

/**
 * An element of `index.html`, of the kind that it has there.
 *
 * @returns {any}
 */
export function byId(id) {
  return document.getElementById(id);
}
