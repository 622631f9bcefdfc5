import { defineRoute } from 'portico';

// The page. Without `spa` a mistyped address below /api/ stays a 404 and does not become the page.
export default defineRoute('/[[...file]]', { static: { dir: 'public' } });
