/** Maps a backend's paths to public ones: paths below `from` become paths below `to`. `''` is the root. */
export interface PublicPath {
  readonly from: string;
  readonly to: string;
}

/** Both paths are equal. */
export const SAME_PATH: PublicPath = { from: '', to: '' };

/** Whether a path equals this base or is below it; no path is below `''`. */
export function isBelow(path: string, base: string): boolean {
  return base !== '' && path.startsWith(base) && (path.length === base.length || path[base.length] === '/');
}
