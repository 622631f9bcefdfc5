import { defineRoute } from 'portico';

export default defineRoute('/', { redirect: '/cities/lisbon' });
