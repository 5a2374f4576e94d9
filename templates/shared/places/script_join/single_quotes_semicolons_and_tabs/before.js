import { Socket } from 'phoenix';

const socket = new Socket('/socket', {});
if (window.online) {
	socket.connect();
}
