/** A path that the gateway itself can serve: no params, no query, nothing to encode, no slash at its end. */
export const PLAIN_PATH = /^(?:\/[\w.~-]+)+$/;
