-- KEYS 3: number of the last broadcast that this node has stored. ARGV 6: channel of the topic. 7: message. 8: its number among those
-- of its node: one that is sent again, as its answer was lost, is stored once. 9: command that publishes.
local stored = redis.call('GET', KEYS[3])
if stored and tonumber(stored) >= tonumber(ARGV[8]) then return end
redis.call('SET', KEYS[3], ARGV[8], 'PX', DAY)
last = last + 1
redis.call('XADD', KEYS[2], text(last) .. '-' .. text(now), 'm', ARGV[7])
bytes = bytes + #ARGV[7] + OVERHEAD
trim()
save()
local place = epoch .. '.' .. text(last)
redis.call(ARGV[9], ARGV[6], ARGV[7] .. string.char(0, 0, 0, #place) .. place)
