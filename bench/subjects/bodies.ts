const WORDS = ['lantern', 'cup', 'price', 'stock', 'seller', 'cart', 'offer', 'shop', 'page', 'item', 'blue', 'oak'];

/** JSON of this many bytes, whose text becomes about a fifth when it is compressed. */
export function jsonOf(bytes: number): Buffer {
  const frame = JSON.stringify({ text: '' }).length;
  return Buffer.from(JSON.stringify({ text: textOf(Math.max(0, bytes - frame)) }));
}

function textOf(length: number): string {
  let text = '';
  let seed = 1;
  while (text.length < length) {
    // A fixed sequence, so that each process makes the same text.
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += `${WORDS[seed % WORDS.length]} ${seed % 997} `;
  }
  return text.slice(0, length);
}
