import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createGateway } from 'portico';

const gateway = await createGateway({ dir: fileURLToPath(new URL('../project', import.meta.url)) });
const address = (await gateway.listen({ port: 0 })) as AddressInfo;
process.send?.(address.port);
process.once('SIGINT', () => process.exit(0));
