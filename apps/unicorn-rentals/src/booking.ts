/** Starts booking alone: `PORT=… node dist/apps/unicorn-rentals/src/booking.js`; see README.md. */
import { runService } from './http/run.js';
import { createBooking } from './services/booking.js';

runService('booking', () => createBooking());
