import type { SessionEnd, SessionNews } from '../core/ports/session-news.ts';
import { isOurs, type ToPrimary } from './messages.ts';

/** Ends of sessions at a worker: the primary passes them on to all others, and to those that start later. */
export const workerSessionNews: SessionNews = {
  publish: (end: SessionEnd) => {
    const message: ToPrimary = { kind: 'portico.session-ended', end };
    if (process.connected) process.send?.(message, undefined, {}, () => {});
  },
  subscribe: listener => {
    process.on('message', message => {
      if (isOurs(message) && message.kind === 'portico.session-ended') listener(message.end);
    });
  },
};
