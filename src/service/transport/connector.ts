import { Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import type { Clock } from '../../core/ports/clock.ts';

/**
 * Opens connections within a time of ours. undici's own timer has a grain of half a second, and a timer per request would be paid by every
 * request on a connection that stands already.
 */
export function connectorWithin(connectMs: number | undefined, clock: Clock): buildConnector.connector {
  const connect = buildConnector({ timeout: 0, allowH2: false });
  if (connectMs === undefined) return connect;
  return (options, callback) => {
    // Its type says nothing of it, but it returns the socket that it opens.
    const socket: unknown = connect(options, (...result) => {
      timer.cancel();
      callback(...result);
    });
    const timer = clock.after(connectMs, () => {
      if (socket instanceof Socket) socket.destroy(new errors.ConnectTimeoutError('no connection in time'));
    });
  };
}
