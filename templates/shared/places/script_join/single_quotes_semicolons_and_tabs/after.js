import { Socket } from 'phoenix';

const socket = new Socket('/socket', {});
if (window.online) {
	socket.connect();
}

// The channel.
export const roomChannel = socket.channel('room:lobby', {});
roomChannel.join();
