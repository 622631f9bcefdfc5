import { defineRoute } from 'portico';

export default defineRoute('/handled', { handler: () => ({ id: 7, name: 'Lantern', price: 4900 }) });
