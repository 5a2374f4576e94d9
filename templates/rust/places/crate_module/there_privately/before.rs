mod channels;
