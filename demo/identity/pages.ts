import { MAX_NAME, SUGGESTED } from './accounts.ts';

// No `form-action`: browsers apply it to the redirects behind a form, too, which lead to the shop.
const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; frame-ancestors 'none'";

/** Of every page here. */
export const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
} as const;

/** The page on which a visitor signs in. @param problem why the last attempt did not succeed. */
export function signInPage(action: string, problem?: string): string {
  return page(
    'Sign in to Lintel',
    `<p>This is a demonstration: any name signs you in, and there is no password.</p>
    <form method="post" action="${escaped(action)}">
      <fieldset>
        <legend>Go on as</legend>
        ${SUGGESTED.map(name => `<button class="quiet" name="suggested" value="${name}">${name}</button>`).join('\n        ')}
      </fieldset>
    </form>
    <form method="post" action="${escaped(action)}">
      <label for="name">Or another name</label>
      <input id="name" name="name" maxlength="${MAX_NAME}" autocomplete="off" ${problem === undefined ? '' : 'aria-invalid="true" aria-describedby="problem"'}>
      ${problem === undefined ? '' : `<p class="problem" id="problem" role="alert">${escaped(problem)}</p>`}
      <button class="primary">Sign in</button>
    </form>`,
  );
}

/** What a visitor can do at the provider itself. @param signOut where all of a user's sessions end. */
export function accountPage(signOut: string): string {
  return page(
    'Your account',
    `<p>The identity provider of Lintel. While you are signed in here, the shop needs one click.</p>
    <p><a class="primary" href="${escaped(signOut)}">Sign out everywhere</a></p>`,
  );
}

/**
 * Ends the session at the provider. @param form the provider's own, with its protection against other sites' pages.
 * @param isCertain whether the shop sent the visitor here, who then need not say it twice.
 */
export function signOutPage(form: string, isCertain: boolean): string {
  return page(
    'Sign out',
    `<p>${isCertain ? 'One moment.' : 'Every application that you signed in to from here signs you out.'}</p>
    ${form}
    <button class="primary" form="op.logoutForm" name="logout" value="yes">Sign out</button>
    ${isCertain ? '<script src="/sign-out.js"></script>' : ''}`,
  );
}

/** Presses the button of the page above. */
export const SIGN_OUT_SCRIPT = `document.querySelector('button[name="logout"]').click();\n`;

export function signedOutPage(): string {
  return page('You are signed out', '<p>Here, and at the shop: the provider has sent it word.</p>');
}

export function problemPage(title: string, detail: string): string {
  return page(title, `<p>${escaped(detail)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escaped(title)}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/base.css">
    <link rel="stylesheet" href="/page.css">
  </head>
  <body>
    <main>
      <p class="brand">
        <svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true"><path d="M4 29V15a12 12 0 0 1 24 0v14h-7V15a5 5 0 0 0-10 0v14z"></path></svg>
        <span>Lintel accounts</span>
      </p>
      <h1>${escaped(title)}</h1>
      ${body}
    </main>
  </body>
</html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
