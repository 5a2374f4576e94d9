-- Start of both scripts: opens the history of a topic.
--
-- KEYS 1: hash with the epoch, the number of the last broadcast, and the bytes of the stream. 2: stream of the broadcasts, whose
-- entries have the number and the time as their id.
-- ARGV 1: run of the server, since after another one the data may be older. 2: epoch of a history that begins now.
-- 3: maximum age in milliseconds. 4: maximum number of broadcasts. 5: maximum number of bytes.
local OVERHEAD, DAY = 150, 86400000
local text = function(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local age, max_messages, max_bytes = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local run, epoch, last, bytes = unpack(redis.call('HMGET', KEYS[1], 'run', 'epoch', 'last', 'bytes'))
if run == ARGV[1] then
  last, bytes = tonumber(last), tonumber(bytes)
else
  epoch, last, bytes = ARGV[2], 0, 0
  redis.call('DEL', KEYS[2])
end

-- Drops broadcasts beyond the limits.
local function trim()
  local messages = redis.call('XLEN', KEYS[2])
  while messages > 0 do
    local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
    local at = tonumber(string.match(oldest[1], '%d+$'))
    if now - at < age and messages <= max_messages and bytes <= max_bytes then return end
    redis.call('XDEL', KEYS[2], oldest[1])
    messages, bytes = messages - 1, bytes - #oldest[2][2] - OVERHEAD
  end
  bytes = 0
end

-- The position outlives the broadcasts, so that a client on a quiet topic is not told that it may have missed some.
-- Nothing is written that has not changed: a server without memory for it can still be read.
local saved = run == ARGV[1] and text(last) .. ' ' .. text(bytes)
local function save()
  if saved ~= text(last) .. ' ' .. text(bytes) then
    redis.call('HSET', KEYS[1], 'run', ARGV[1], 'epoch', epoch, 'last', text(last), 'bytes', text(bytes))
  end
  redis.call('PEXPIRE', KEYS[1], text(age + DAY))
  redis.call('PEXPIRE', KEYS[2], text(age))
end
