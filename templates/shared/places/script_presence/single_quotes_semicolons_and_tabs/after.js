import Chart from './chart.js';
import * as Client from 'phoenix';
import { Presence } from 'phoenix';

const socket = new Client.Socket('/socket', {});
if (window.online) {
	socket.connect();
}
export const roomChannel = socket.channel('room:lobby', {});

// The presence.
export const roomPresence = new Presence(roomChannel);
