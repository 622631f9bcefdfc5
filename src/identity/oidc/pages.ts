import { HeaderList } from '../../core/headers/header-list.ts';
import { bytesReply, emptyReply, type Reply } from '../../core/reply.ts';

/** Of everything that belongs to one sign-in. */
const OWN = ['Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer'];

/** Sends the browser to another address. */
export function redirectReply(location: string, cookies: readonly string[], status: 302 | 303 = 302): Reply {
  return emptyReply(status, new HeaderList(['Location', location, ...OWN, ...setCookies(cookies)]));
}

/**
 * Sends the browser on from a page of ours. A redirect would carry on the request of the site that led here, and
 * browsers send no `SameSite=Strict` cookie then.
 */
export function onwardPage(location: string, cookies: readonly string[]): Reply {
  const html = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>One moment</title>
<p><a href="${escaped(location)}">Continue</a></p></html>
`;
  const reply = bytesReply(200, 'text/html; charset=utf-8', Buffer.from(html));
  return { ...reply, headers: reply.headers.concat(['Refresh', `0;url=${location}`, ...OWN, ...setCookies(cookies)]) };
}

export function setCookies(cookies: readonly string[]): readonly string[] {
  return cookies.flatMap(cookie => ['Set-Cookie', cookie]);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
