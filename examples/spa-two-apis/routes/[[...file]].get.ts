import { defineRoute } from 'portico';

// The page. Without `spa` an unknown path below /api/ stays a 404.
export default defineRoute('/[[...file]]', { static: { dir: 'public' } });
