import { Socket } from 'phoenix';
import { recover } from './recover.js';

const socket = new Socket('/socket', {});
socket.connect();

// RoomChannel handles `room:*`. Messages sent while the connection was lost arrive after the reconnect.
export const roomChannel = recover(socket.channel.bind(socket), 'room:lobby', {}, () => {
  console.warn('messages of room:lobby are lost: load its state again here');
});
roomChannel.join();
