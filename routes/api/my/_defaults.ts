import { defineDefaults } from 'portico';

// Everything below is of the user who is signed in.
export default defineDefaults({ auth: 'required' });
