/** A number of bytes with its unit (powers of 1024): `'512B'`, `'64KB'`, `'256MB'`, `'2GB'`. */
export type ByteSize = `${number}${'B' | 'KB' | 'MB' | 'GB'}`;

const UNIT: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const BYTE_SIZE = /^(\d+(?:\.\d+)?)(B|KB|MB|GB)$/;

/** The bytes of a size that the loader has validated. @throws TypeError for an invalid size. */
export function byteSize(text: string): number {
  const match = BYTE_SIZE.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new TypeError(`"${text}" is no size: write '256MB' or '64KB'`);
  return Math.floor(Number(match[1]) * (UNIT[match[2]] ?? 1));
}
