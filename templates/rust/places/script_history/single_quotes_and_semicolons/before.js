import { Socket } from 'phoenix';

const socket = new Socket('/socket', {});
socket.connect();

// RoomChannel handles `room:*`.
export const roomChannel = socket.channel('room:lobby', {});
roomChannel.join();
