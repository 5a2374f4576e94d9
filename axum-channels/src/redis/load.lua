trim()
save()
return {epoch, text(last), text(now), redis.call('XRANGE', KEYS[2], '-', '+')}
