/**
 * Replaces the children and leaves the focus where it was: a new control with the same name or the same link takes it
 * over from the old one.
 */
export function replaceKeepingFocus(container, ...children) {
  const focused = container.contains(document.activeElement) ? document.activeElement : undefined;
  container.replaceChildren(...children);
  if (focused && focused !== container && !focused.isConnected) twinOf(focused, container)?.focus();
}

/** The element itself while it is on the page, else the one that stands for the same thing now. */
export function twinOf(element, container = document.body) {
  if (element?.isConnected) return element;
  const controls = [...container.querySelectorAll('a[href], button')];
  return controls.find(
    control => element && control.localName === element.localName && keyOf(control) === keyOf(element),
  );
}

const keyOf = control => control.getAttribute('href') ?? control.getAttribute('aria-label') ?? control.textContent;
