/** How paths of a backend are called by browsers: what stands below `from` stands below `to`. `''` is the root. */
export interface PublicPath {
  readonly from: string;
  readonly to: string;
}

/** Both call a path the same. */
export const SAME_PATH: PublicPath = { from: '', to: '' };

/** Whether a path is this base or stands below it; nothing is below `''`. */
export function isBelow(path: string, base: string): boolean {
  return base !== '' && path.startsWith(base) && (path.length === base.length || path[base.length] === '/');
}
