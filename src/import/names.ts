// Names of code and of files, made from those of a document.

/** `ProductList` for `product-list` or `product.list`; '' where no letter is left. */
export function typeName(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(word => word !== '');
  const joined = words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^\p{N}/u.test(joined) ? `_${joined}` : joined;
}

/** `product-list` for `ProductList`, as files are called. */
export function fileName(name: string): string {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1-$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1-$2')
    .toLowerCase();
}

/** The name of a route's param. */
export function paramName(name: string): string {
  const usable = name.replaceAll(/[^\w-]+/g, '_');
  return /^[A-Za-z_]/.test(usable) ? usable : `_${usable}`;
}
