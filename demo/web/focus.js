/** Replaces the children and keeps the focus: a new control with the same name or link receives it from the old one. */
export function replaceKeepingFocus(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : undefined;
  container.replaceChildren(...children);
  if (focused && focused !== container && !focused.isConnected) twinOf(focused, container)?.focus();
}

/** The element itself while it is on the page, else its replacement. */
export function twinOf(element, container = document.body) {
  if (element?.isConnected) return element;
  const controls = [...container.querySelectorAll('a[href], button')];
  return controls.find(
    control => element && control.localName === element.localName && keyOf(control) === keyOf(element),
  );
}

const keyOf = control => control.getAttribute('href') ?? control.getAttribute('aria-label') ?? control.textContent;
