import { DiskTier } from '../../../src/policies/cache/storage/disk/disk-tier.ts';
import { tagged } from '../labels.ts';

/**
 * Writes to a file for ever and prints what can be read after a while; with `leaves` it has nothing to do and exits.
 */
const [path = '', name = ''] = process.argv.slice(2);
const tier = new DiskTier({ path, size: 64 * 1024 ** 2, listener: news => console.error(news) });

if (name === 'leaves') process.disconnect?.();
else await write();

async function write(): Promise<void> {
  for (let i = 0; ; i++) {
    const key = `${name} ${i}`;
    tier.set(
      key,
      { bytes: Buffer.from(key.padEnd(5_000, '.')), labels: tagged('tag', key), purgePosition: tier.purgePosition() },
      60_000,
    );
    // The previous write has arrived when this one is in progress.
    const hit = await tier.get(`${name} ${i - 1}`);
    if (i > 100 && hit !== undefined) process.send?.(i - 1);
  }
}
